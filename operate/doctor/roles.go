package doctor

import (
	"context"
	"fmt"
)

// checkAdoptedRoles asks IAM whether the worker's roles that bootstrap did not make allow what
// they must.
func (d *doctor) checkAdoptedRoles(ctx context.Context) {
	const check = "adopted roles"
	if d.spec.Pool == "" || !d.known || d.blocked != "" || !d.answers {
		return // what they must allow hangs on the pool and the server
	}
	jobs, err := d.jobs(ctx)
	if err != nil {
		d.failedOrDenied(check, err)
		return
	}
	roles, err := jobs.AdoptedRoles(ctx)
	if err != nil {
		d.failedOrDenied(check, err)
		return
	}
	for _, role := range roles {
		name := fmt.Sprintf("%s %s", role.Kind, role.Name)
		switch {
		case role.Doubt != "":
			d.warn(name, role.Doubt, role.DoubtFix)
		case role.Owned && role.Wrong == "":
		case role.Unasked != nil:
			d.skip(name, role.Unasked.Error())
		case role.Owned:
			d.fail(name, role.Wrong, "the role's own policies are right: lift what limits them")
		case role.Wrong != "":
			d.fail(name, role.Wrong, "add what is missing to the role, and run the same bootstrap again")
		default:
			d.ok(name, "not made by ecsctl; IAM says that it allows what it must")
		}
	}
}
