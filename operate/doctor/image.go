package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"ecsctl/internal/cabundle"
	"ecsctl/internal/hint"
	"ecsctl/operate/deployments"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// Names of the checks of images.
const (
	checkWorkerImage  = "worker image"
	checkFlowRunImage = "flow run image"
)

// runningWorker is what the service runs.
type runningWorker struct {
	image          string
	keyFrom        string // where its container reads an API key from, as `valueFrom`; "" is nowhere
	hasAuth        bool   // it reads an auth string
	desired, count int
}

// findRunning reads the service and its task definition; nil when there is none or it
// cannot be read, which other checks and `ecsctl status` are about.
func (d *doctor) findRunning(ctx context.Context) *runningWorker {
	out, err := d.Clients.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: aws.String(d.spec.Cluster), Services: []string{d.spec.Names.Service},
		Include: []types.ServiceField{types.ServiceFieldTags}, // as the plan asks: it is one question
	})
	if err != nil || len(out.Services) == 0 || aws.ToString(out.Services[0].Status) != "ACTIVE" {
		return nil
	}
	service := out.Services[0]
	worker := &runningWorker{desired: int(service.DesiredCount), count: int(service.RunningCount)}
	definition, err := d.Clients.ECS.DescribeTaskDefinition(ctx,
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: service.TaskDefinition,
			Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}})
	if err != nil || len(definition.TaskDefinition.ContainerDefinitions) == 0 {
		return worker
	}
	container := definition.TaskDefinition.ContainerDefinitions[0]
	worker.image = aws.ToString(container.Image)
	for _, secret := range container.Secrets {
		switch aws.ToString(secret.Name) {
		case "PREFECT_API_KEY":
			worker.keyFrom = aws.ToString(secret.ValueFrom)
		case "PREFECT_API_AUTH_STRING":
			worker.hasAuth = true
		}
	}
	return worker
}

// checkImages looks whether the images are there, as far as this machine can see.
func (d *doctor) checkImages(ctx context.Context) {
	switch {
	case d.running != nil && d.running.image != "":
		d.checkImage(ctx, checkWorkerImage, d.running.image)
	case d.spec.Worker.Image != "":
		d.checkImage(ctx, checkWorkerImage, d.spec.Worker.Image)
	case d.spec.Worker.Runtime == spec.RuntimePrefect:
		d.checkImage(ctx, checkWorkerImage, provision.OfficialImage(d.server))
	default:
		d.ok(checkWorkerImage, "bootstrap makes it and pushes it to ECR")
	}
	if d.spec.FlowRuns.Image != "" {
		d.checkImage(ctx, checkFlowRunImage, d.spec.FlowRuns.Image)
	}
}

// imageFix is for an image that is not there.
const imageFix = "push it, or name another one with --image (--flow-run-image)"

func (d *doctor) checkImage(ctx context.Context, check, image string) {
	ref, err := name.ParseReference(image)
	if err != nil {
		d.fail(check, fmt.Sprintf("%q is not the name of an image: %v", image, err), imageFix)
		return
	}
	account, region, inECR := d.ecrPlace(ref)
	if inECR {
		if d.needsAWS(check) {
			d.checkECRImage(ctx, check, ref, account, region)
		}
		return
	}
	_, err = remote.Head(ref, remote.WithContext(ctx), remote.WithAuth(authn.Anonymous),
		remote.WithTransport(cabundle.Transport(remote.DefaultTransport)), remote.WithUserAgent("ecsctl/"+d.Version))
	d.judgeRegistry(check, image, err)
}

// ecrPlace reports whether an image is in ECR, and where: by the name of its registry or,
// where AWS goes by another name as in the sandbox, because it is the one that bootstrap
// pushed, by its digest.
func (d *doctor) ecrPlace(ref name.Reference) (account, region string, ok bool) {
	if account, region, ok = deployments.PlaceInECR(ref); ok {
		return account, region, true
	}
	_, byDigest := ref.(name.Digest)
	return d.id.Account, d.id.Region, d.known && byDigest && ref.Context().RepositoryStr() == d.spec.Names.Repository
}

// judgeRegistry judges a registry's answer. A registry that does not answer here may answer in
// AWS.
func (d *doctor) judgeRegistry(check, image string, err error) {
	var refused *transport.Error
	switch {
	case err == nil:
		d.ok(check, image+" is there")
	case !errors.As(err, &refused):
		d.warn(check, fmt.Sprintf("the registry of %s cannot be asked from here: %v", image, err),
			"make sure that AWS reaches it, or keep the image in ECR")
	case refused.StatusCode == http.StatusNotFound, refused.StatusCode == http.StatusUnauthorized,
		refused.StatusCode == http.StatusForbidden:
		d.fail(check, fmt.Sprintf("%s is not there, or is private (%d): tasks pull without credentials from "+
			"everywhere but ECR", image, refused.StatusCode), imageFix)
	default:
		d.warn(check, fmt.Sprintf("the registry of %s answered %d", image, refused.StatusCode),
			"try again later, or keep the image in ECR")
	}
}

func (d *doctor) checkECRImage(ctx context.Context, check string, ref name.Reference, account, region string) {
	why, err := deployments.LookInECR(ctx, d.Clients, ref, account, region)
	switch {
	case err != nil:
		err = hint.Add(provision.ExplainAWS(fmt.Sprintf("look for the image %q", ref.Name()), err),
			"check whether the account's repository lets this one in")
		d.failedOrDenied(check, err)
	case why != "":
		d.fail(check, why, d.fixImage(ctx))
	default:
		d.ok(check, ref.Name()+" is there")
	}
}

func (d *doctor) fixImage(ctx context.Context) string {
	if d.running != nil {
		return d.bootstrapLine(ctx) + "; or for an image of yours: " + imageFix
	}
	return imageFix
}
