package auth_test

import (
	"testing"

	"ecoflow/app/auth"
)

// checks asks every kind of rule of every kind of actor.
func checks() (admitted int) {
	for _, a := range actors {
		for _, r := range rules {
			if r.Admits(a) {
				admitted++
			}
		}
	}
	return admitted
}

var (
	rules = []auth.Rule{
		auth.Public, auth.SignedIn, auth.FlowEditor, auth.CreateUser | auth.UpdateUser, auth.AnyOf(auth.ShowUser, auth.CreateUser),
	}
	actors = []auth.Actor{
		{},
		{UserID: "1", Permissions: auth.FlowEditor},
		{UserID: "2", Permissions: auth.CreateUser | auth.UpdateUser},
		{UserID: "3", Permissions: auth.Administrator},
	}
)

func TestPermissionChecksAllocateNothing(t *testing.T) {
	if got, want := checks(), 1+3+4+5; got != want {
		t.Errorf("%d admitted, want %d", got, want)
	}
	if n := testing.AllocsPerRun(100, func() { checks() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPermissionChecks(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		checks()
	}
}
