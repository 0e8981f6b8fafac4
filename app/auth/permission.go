package auth

import "strings"

// Permission is one right. Rights are bits, so that a check costs one AND and
// allocates nothing.
type Permission uint32

// The 31 permissions of EcoFlowJS under their own names; this list is the whole
// catalogue. Administrator implies all others.
const (
	CreateUser Permission = 1 << iota
	DeleteUser
	UpdateUser
	ShowUser
	CreateRole
	DeleteRole
	UpdateRole
	ServerConfigurationShow
	ServerConfigurationUpdate
	StopServer
	RestartServer
	CreateEnvs
	DeleteEnvs
	UpdateEnvs
	Backup
	Restore
	SchemaEditor
	FlowEditor
	CreateDBConnection
	ModifyDBConnection
	RemoveDBConnection
	CreateCollectionTable
	ModifyCollectionTable
	RemoveCollectionTable
	ModifyDBStructure
	DisplayDBRecord
	InsertDBRecord
	ModifyDBRecord
	RemoveDBRecord
	AuditLogs
	Administrator

	// Everything is the set of all 31.
	Everything Permission = 1<<31 - 1
)

// Described is a permission with its wire name, its group and its effect in one
// line, as the role matrix shows them.
type Described struct {
	Permission Permission `json:"-"`
	Name       string     `json:"name"`
	Group      string     `json:"group"`
	Effect     string     `json:"effect"`
}

// Catalogue lists every permission in the order of the role matrix.
var Catalogue = []Described{
	{CreateUser, "createUser", "Users", "add users"},
	{DeleteUser, "deleteUser", "Users", "enable, disable and delete users"},
	{UpdateUser, "updateUser", "Users", "change other users' data"},
	{ShowUser, "showUser", "Users", "see the list of users"},
	{CreateRole, "createRole", "Roles", "add roles"},
	{DeleteRole, "deleteRole", "Roles", "delete roles"},
	{UpdateRole, "updateRole", "Roles", "change the permissions of roles"},
	{ServerConfigurationShow, "serverConfigurationShow", "Server", "see settings and logs"},
	{ServerConfigurationUpdate, "serverConfigurationUpdate", "Server", "change settings"},
	{StopServer, "stopServer", "Server", "stop the server"},
	{RestartServer, "restartServer", "Server", "restart the server"},
	{CreateEnvs, "createEnvs", "Environment", "add environment variables"},
	{DeleteEnvs, "deleteEnvs", "Environment", "delete environment variables"},
	{UpdateEnvs, "updateEnvs", "Environment", "change environment variables"},
	{Backup, "backup", "Backup", "make, download and remove backups"},
	{Restore, "restore", "Backup", "restore backups and import projects"},
	{SchemaEditor, "schemaEditor", "Editors", "open the data pages"},
	{FlowEditor, "flowEditor", "Editors", "edit, test and deploy flows"},
	{CreateDBConnection, "createDBConnection", "Data", "add database connections"},
	{ModifyDBConnection, "modifyDBConnection", "Data", "change database connections"},
	{RemoveDBConnection, "removeDBConnection", "Data", "remove database connections"},
	{CreateCollectionTable, "createCollectionTable", "Data", "create tables and collections"},
	{ModifyCollectionTable, "modifyCollectionTable", "Data", "rename tables and collections"},
	{RemoveCollectionTable, "removeCollectionTable", "Data", "drop tables and collections"},
	{ModifyDBStructure, "modifyDBStructure", "Data", "change columns, indexes and relations"},
	{DisplayDBRecord, "displayDBRecord", "Data", "read rows"},
	{InsertDBRecord, "insertDBRecord", "Data", "insert rows"},
	{ModifyDBRecord, "modifyDBRecord", "Data", "change rows"},
	{RemoveDBRecord, "removeDBRecord", "Data", "delete rows"},
	{AuditLogs, "auditLogs", "Advanced", "read the audit log"},
	{Administrator, "administrator", "Advanced", "everything"},
}

// ParsePermission returns the permission of a wire name; ok is false for a name
// that is none.
func ParsePermission(name string) (p Permission, ok bool) {
	for _, d := range Catalogue {
		if d.Name == name {
			return d.Permission, true
		}
	}
	return 0, false
}

// Has reports whether the set holds every permission of want; Administrator
// holds all.
func (p Permission) Has(want Permission) bool {
	return p&Administrator != 0 || p&want == want
}

// HasAny reports whether the set holds one permission of want at least.
func (p Permission) HasAny(want Permission) bool {
	return p&Administrator != 0 || p&want != 0
}

// Names lists the wire names in the set, in catalogue order.
func (p Permission) Names() []string {
	names := []string{}
	for _, d := range Catalogue {
		if p&d.Permission != 0 {
			names = append(names, d.Name)
		}
	}
	return names
}

// String joins the wire names with "|".
func (p Permission) String() string { return strings.Join(p.Names(), "|") }
