"""The entity types of the stand-in server, as a table that can be read at a glance.

A line without indent opens a type: `Name [: Base] [key=a,b] [show=a,b] [alias=Word]`. `key` is the primary key
(default `id`), `show` the default projections, `alias` the legacy word of action selections.
An indented line is an attribute: `name KIND [= default] [flags] [~legacyname]`, where KIND is

    str int float bool date object variable    a value
    any!                                        the id of any entity, which owns this one
    @Type or @Type(column)                      a reference, kept in `<name>_id` or in `column`
    [Type.column]                               every Type whose `column` is this entity
    {Type.column}                               the same, as a key and value map
    <Type> / <Type.name>                        many to many / seen from its other side
    ^Type vType                                 all entities above / below in the tree

`!` after a reference: deleting what it points to deletes this entity too.
Flags: `computed` set by the server only, `virtual` made on reading, `fixed` can't change once set.
"""

from __future__ import annotations

TABLE = """
Context show=id,name,context_type,project_id
  name str ~name
  context_type str computed fixed
  parent @Context! ~parent_id
  project @Project! ~showid
  children [TypedContext.parent_id]
  ancestors ^TypedContext
  descendants vTypedContext
  assets [Asset.context_id]
  assignments [Appointment.context_id]
  timelogs [Timelog.context_id]
  thumbnail @Component ~thumbid
  thumbnail_url object virtual
  link object virtual
  notes [Note.parent_id]
  metadata {Metadata.parent_id}
  custom_attributes {ContextCustomAttributeValue.entity_id}
  created_at date computed
  created_by @User
  scopes <Scope>

Project : Context alias=Show
  full_name str
  status str = "active"
  is_private bool = false
  is_global bool = false
  start_date date
  end_date date
  root str
  color str
  project_schema @ProjectSchema
  review_sessions [ReviewSession.project_id]
  lists [List.project_id]

TypedContext : Context show=id,name,context_type,project_id,object_type_id alias=Task
  description str = ""
  object_type @ObjectType ~object_typeid
  status @Status ~statusid
  type @Type ~typeid
  priority @Priority ~priorityid
  start_date date ~startdate
  end_date date ~enddate
  bid float = 0
  sort float
  lists <TypedContextList.items>

Task : TypedContext
Shot : TypedContext
Sequence : TypedContext
Episode : TypedContext
Folder : TypedContext
AssetBuild : TypedContext
Milestone : TypedContext

Scope show=id,name
  name str

Appointment show=id,context_id,resource_id,type
  context @Context! ~taskid
  resource @Resource! ~userid
  type str = "assignment"

Asset show=id,name
  name str
  parent @Context!(context_id) ~context_id
  project @Project! computed
  type @AssetType ~typeid
  versions [AssetVersion.asset_id]
  metadata {Metadata.parent_id}
  custom_attributes {AssetCustomAttributeValue.entity_id}

AssetType show=id,name
  name str
  short str

AssetVersion show=id,version,asset_id
  version int
  comment str = "" ~comment
  date date computed
  asset @Asset! ~assetid
  project @Project! computed
  task @Task ~taskid
  user @User ~userid
  status @Status ~statusid
  is_published bool = true ~ispublished
  is_latest_version bool computed
  thumbnail @Component ~thumbid
  thumbnail_url object virtual
  link object virtual
  components [Component.version_id]
  notes [Note.parent_id]
  metadata {Metadata.parent_id}
  custom_attributes {AssetVersionCustomAttributeValue.entity_id}
  lists <AssetVersionList.items>
  uses_versions <AssetVersion>
  used_in_versions <AssetVersion.uses_versions>
  review_session_objects [ReviewSessionObject.version_id]

Component show=id,name,file_type,size,system_type
  name str = "main"
  file_type str ~filetype
  size float = 0
  system_type str computed
  version @AssetVersion! ~versionid
  container @Component! ~containerid
  component_locations [ComponentLocation.component_id]
  metadata {Metadata.parent_id}

FileComponent : Component
ContainerComponent : Component
  members [Component.container_id]
SequenceComponent : Component show=id,name,file_type,size,system_type,padding
  padding int
  members [Component.container_id]

ComponentLocation show=id,component_id,location_id
  component @Component! fixed ~componentid
  location @Location! fixed ~locationid
  resource_identifier str
  url object virtual

Location show=id,name
  name str
  label str
  description str

Metadata key=parent_id,key show=parent_id,key,value
  parent_id any!
  parent_type str
  key str
  value str

List show=id,name
  name str
  project @Project! ~showid
  category @ListCategory
  owner @User
  date date computed
  is_open bool = true
  system_type str computed
  metadata {Metadata.parent_id}
  notes [Note.parent_id]
  custom_attributes {ListCustomAttributeValue.entity_id}
AssetVersionList : List
  items <AssetVersion>
TypedContextList : List
  items <TypedContext>
ListCategory show=id,name
  name str

ProjectSchema show=id,name
  name str
  _task_workflow @WorkflowSchema(task_workflow_schema_id)
  _version_workflow @WorkflowSchema(asset_version_workflow_schema_id)
  _task_type_schema @TaskTypeSchema(task_type_schema_id)
  _overrides [ProjectSchemaOverride.project_schema_id]
  _schemas [Schema.project_schema_id]
  object_types <ObjectType>
ProjectSchemaOverride show=id,type_id
  project_schema @ProjectSchema!
  type @Type!
  workflow_schema @WorkflowSchema!
WorkflowSchema show=id,name
  name str
  statuses <Status>
TaskTypeSchema show=id,name
  name str
  types <Type>
Schema show=id,type_id
  project_schema @ProjectSchema!
  object_type @ObjectType!(type_id)
  statuses [SchemaStatus.schema_id]
  types [SchemaType.schema_id]
SchemaStatus show=id,schema_id,status_id
  schema @Schema!
  task_status @Status!(status_id)
SchemaType show=id,schema_id,type_id
  schema @Schema!
  task_type @Type!(type_id)

ObjectType show=id,name
  name str
  sort int = 0
  icon str
  is_leaf bool = false
  is_typeable bool = false
  is_statusable bool = true
  is_prioritizable bool = true
  is_taskable bool = true
  is_time_reportable bool = true
  is_schedulable bool = true
Type alias=TaskType show=id,name
  name str
  color str
  sort int = 0
  is_billable bool = true
Status show=id,name
  name str
  color str
  sort int = 0
  is_active bool = true
  description str
  state @State
State show=id,name,short
  name str
  short str
Priority show=id,name
  name str
  color str
  sort int = 0
  value float = 0

Resource show=id
User : Resource show=id,username
  username str
  first_name str
  last_name str
  email str
  is_active bool = true
  thumbnail @Component ~thumbid
  thumbnail_url object virtual
  user_security_roles [UserSecurityRole.user_id]
  memberships [Membership.user_id]
  assignments [Appointment.resource_id]
  timers [Timer.user_id]
  timelogs [Timelog.user_id]
  jobs [Job.user_id]
  metadata {Metadata.parent_id}
  custom_attributes {UserCustomAttributeValue.entity_id}
Group : Resource show=id,name
  name str
  local bool = false
  parent @Group
  children [Resource.parent_id]
  memberships [Membership.group_id]
Membership show=id,user_id,group_id
  user @User!
  group @Group!
SecurityRole show=id,name
  name str
  type str
UserSecurityRole show=id,user_id,security_role_id
  user @User!
  security_role @SecurityRole!
  is_all_projects bool = false
  is_all_open_projects bool = false
  user_security_role_projects [UserSecurityRoleProject.user_security_role_id]
UserSecurityRoleProject show=id,user_security_role_id,project_id
  user_security_role @UserSecurityRole!
  project @Project!

Job show=id,type,status
  type str = "api_job" fixed
  status str = "queued"
  data str
  user @User! ~userid
  created_at date computed
  finished_at date
  job_components [JobComponent.job_id]
JobComponent key=component_id,job_id show=component_id,job_id
  component @Component! fixed
  job @Job! fixed
  url object virtual

Note show=id,content,parent_id,parent_type
  content str
  author @User(user_id) ~userid
  parent_id any!
  parent_type str
  in_reply_to @Note!
  replies [Note.in_reply_to_id]
  recipients [Recipient.note_id]
  note_components [NoteComponent.note_id]
  note_label_links [NoteLabelLink.note_id]
  category @NoteLabel
  date date
  thread_activity date computed
  is_todo bool = false
  completed_at date
  completed_by @User
  frame_number int
  metadata {Metadata.parent_id}
NoteLabel show=id,name
  name str
  color str
  sort int = 0
NoteCategory : NoteLabel
NoteLabelLink key=note_id,label_id show=note_id,label_id
  note @Note!
  label @NoteLabel!
NoteComponent key=component_id,note_id show=component_id,note_id
  component @Component!
  note @Note!
  url object virtual
  thumbnail_url object virtual
Recipient key=note_id,resource_id show=note_id,resource_id
  note @Note!
  resource @Resource!

ReviewSession show=id,name
  name str
  description str = ""
  project @Project! ~showid
  is_open bool = true
  created_at date computed
  created_by @User
  end_date date
  thumbnail @Component ~thumbid
  thumbnail_url object virtual
  review_session_objects [ReviewSessionObject.review_session_id]
  review_session_invitees [ReviewSessionInvitee.review_session_id]
  metadata {Metadata.parent_id}
ReviewSessionObject show=id,name,version
  name str
  description str = ""
  version str
  sort_order int = 0
  review_session @ReviewSession!
  asset_version @AssetVersion!(version_id)
  notes [Note.parent_id]
ReviewSessionInvitee show=id,name,email
  name str
  email str
  review_session @ReviewSession!

Setting key=name,group show=name,group,value
  name str
  group str
  value str
Timer show=id,user_id,context_id
  user @User!
  context @Context
  name str
  comment str
  start date
Timelog show=id,user_id,context_id,start,duration
  user @User!
  context @Context
  name str
  comment str
  start date
  duration float = 0

CustomAttributeType show=id,name
  name str
CustomAttributeConfiguration show=id,key,entity_type
  key str
  label str
  type @CustomAttributeType
  entity_type str
  project @Project!
  object_type @ObjectType
  is_hierarchical bool = false
  default variable
  config str
  sort int = 0
CustomAttributeValue key=configuration_id,entity_id show=configuration_id,entity_id,key,value
  configuration @CustomAttributeConfiguration!
  entity_id any!
  key str
  value variable
ContextCustomAttributeValue : CustomAttributeValue
AssetVersionCustomAttributeValue : CustomAttributeValue
AssetCustomAttributeValue : CustomAttributeValue
UserCustomAttributeValue : CustomAttributeValue
ListCustomAttributeValue : CustomAttributeValue
"""
