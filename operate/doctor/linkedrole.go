package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/internal/awserr"
	"ecsctl/provision"
)

const checkLinkedRole = "ECS's own role"

// checkLinkedRole looks for ECS's service-linked role, which a brand-new account lacks. Who
// may not look is not told of it: nearly every account has it.
func (d *doctor) checkLinkedRole(ctx context.Context) {
	if !d.known || d.blocked != "" {
		return
	}
	_, err := d.Clients.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(provision.LinkedRole)})
	if !awserr.HasCode(err, "NoSuchEntity") {
		return
	}
	const missing = "the account has no service-linked role " + provision.LinkedRole
	if d.running != nil {
		d.fail(checkLinkedRole, missing+": ECS can start no task of a service", provision.MakeLinkedRole)
		return
	}
	d.warn(checkLinkedRole, missing+
		" yet: ECS makes it with the first cluster, if whoever runs bootstrap may iam:CreateServiceLinkedRole",
		provision.MakeLinkedRole)
}
