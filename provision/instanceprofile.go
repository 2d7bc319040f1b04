package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
)

// instanceProfile hands the instance role to managed instances. It has the role's name.
type instanceProfile struct {
	w     *world
	found *types.InstanceProfile
	// unchosen: the pool remembers no Managed Instances, so that nobody need be allowed to look for them.
	unchosen bool
}

func (p *instanceProfile) ref() (Kind, string) { return KindInstanceProfile, p.name() }
func (p *instanceProfile) needs() []Kind       { return []Kind{KindInstanceRole} }
func (p *instanceProfile) name() string        { return p.w.spec.Names.InstanceRole }

// arn is the one that it has or will have.
func (p *instanceProfile) arn() string {
	if p.found != nil {
		return aws.ToString(p.found.Arn)
	}
	return p.w.id.iamARN("instance-profile/" + strings.TrimPrefix(p.w.spec.Roles.Path, "/") + p.name())
}

func (p *instanceProfile) find(ctx context.Context) error {
	out, err := p.w.aws.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{
		InstanceProfileName: aws.String(p.name())})
	p.found = nil
	switch {
	case awserr.HasCode(err, "NoSuchEntity"), p.unchosen && awserr.Denied(err):
	case err != nil:
		return explain(fmt.Sprintf("read %s %q", KindInstanceProfile, p.name()), err)
	default:
		p.found = out.InstanceProfile
	}
	p.w.setValue(KindInstanceProfile, p.arn())
	return nil
}

func (p *instanceProfile) tags() map[string]string {
	return TagMap(p.found.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}

func (p *instanceProfile) owned() bool { return p.found != nil && p.w.owns(p.tags()) }

// roles are the names of those in it: one at most.
func (p *instanceProfile) roles() []string {
	out := []string{}
	for _, r := range p.found.Roles {
		out = append(out, aws.ToString(r.RoleName))
	}
	return out
}

// check refuses one of somebody else's with another role in it.
func (p *instanceProfile) check() error {
	if p.found == nil || p.owned() || slices.Contains(p.roles(), p.name()) {
		return nil
	}
	return hint.Add(fmt.Errorf("instance profile %q exists, was not made by ecsctl, and has not the role %q in it",
		p.name(), p.name()), "name another role with --instance-role: the profile has the same name")
}

func (p *instanceProfile) diff() Change {
	c := Change{Kind: KindInstanceProfile, Name: p.name(), ID: p.arn()}
	switch {
	case p.found == nil:
		c.Action, c.ID = Create, ""
	case !p.owned():
		c.Action, c.Reason = Adopt, "not made by ecsctl: used as is"
	default:
		c.Fields = append(compare("roles", p.roles(), []string{p.name()}), p.w.tagFields(p.tags())...)
		c.Action = updateIf(c.Fields)
	}
	return c
}

func (p *instanceProfile) apply(ctx context.Context) (string, error) {
	if p.found == nil {
		if err := p.create(ctx); err != nil {
			return "", err
		}
	}
	if !p.owned() {
		return p.arn(), p.check()
	}
	return p.arn(), p.converge(ctx)
}

func (p *instanceProfile) create(ctx context.Context) error {
	out, err := p.w.aws.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{
		InstanceProfileName: aws.String(p.name()), Path: notEmpty(p.w.spec.Roles.Path),
		Tags: iamTags(p.w.wantedTags())})
	switch {
	case awserr.HasCode(err, "EntityAlreadyExists"): // another bootstrap was faster
		if err := p.w.await(ctx, p.find, func() bool { return p.found != nil }); err != nil || p.found != nil {
			return err
		}
		return errors.New("it was created and deleted by somebody else at the same time: run the command again")
	case err != nil:
		return explain("create the instance profile", err)
	}
	p.found = out.InstanceProfile
	p.found.Tags = iamTags(p.w.wantedTags())
	p.w.setValue(KindInstanceProfile, p.arn())
	return nil
}

// converge puts the role in, which is all that a profile holds.
func (p *instanceProfile) converge(ctx context.Context) error {
	for _, other := range p.roles() {
		if other == p.name() {
			continue
		}
		if err := p.removeRole(ctx, other); err != nil {
			return err
		}
	}
	if !slices.Contains(p.roles(), p.name()) {
		if err := p.addRole(ctx); err != nil {
			return err
		}
	}
	if tags := p.w.missingTags(p.tags()); len(tags) > 0 {
		_, err := p.w.aws.IAM.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{
			InstanceProfileName: aws.String(p.name()), Tags: iamTags(tags)})
		return explain("tag the instance profile", err)
	}
	return nil
}

// addRole waits for IAM to see a role that is new. Of two bootstraps at once one finds the role in the profile.
func (p *instanceProfile) addRole(ctx context.Context) error {
	unseen := func(err error) bool { return awserr.HasCode(err, "NoSuchEntity") }
	err := p.w.insist(ctx, unseen, func() error {
		_, err := p.w.aws.IAM.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{
			InstanceProfileName: aws.String(p.name()), RoleName: aws.String(p.name())})
		return err
	})
	if !awserr.HasCode(err, "LimitExceeded") {
		return explain("put the role into the instance profile", err)
	}
	if again := p.find(ctx); again != nil || p.found != nil && slices.Contains(p.roles(), p.name()) {
		return again
	}
	return explain("put the role into the instance profile", err)
}

func (p *instanceProfile) removeRole(ctx context.Context, role string) error {
	_, err := p.w.aws.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{
		InstanceProfileName: aws.String(p.name()), RoleName: &role})
	return explain("take the role "+role+" out", unlessGone(err))
}

func (p *instanceProfile) remove() Change {
	c := Change{Kind: KindInstanceProfile, Name: p.name(), Action: Delete}
	switch {
	case p.found == nil:
		c.Action = None
		return c
	case !p.owned():
		c.Action, c.Reason = Leave, notOurs
	}
	c.ID = p.arn()
	return c
}

func (p *instanceProfile) delete(ctx context.Context) error {
	for _, role := range p.roles() {
		if err := p.removeRole(ctx, role); err != nil {
			return err
		}
	}
	_, err := p.w.aws.IAM.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{
		InstanceProfileName: aws.String(p.name())})
	return explain("delete the instance profile", unlessGone(err))
}
