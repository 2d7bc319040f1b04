package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithymiddleware "github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ecsctl/internal/awserr"
	"ecsctl/internal/onelook"
	"ecsctl/operate/status"
	"ecsctl/provision"
)

// Names of the checks of AWS.
const (
	checkCredentials = "AWS credentials"
	checkClock       = "clock"
	checkRegion      = "AWS region"
	checkPermissions = "AWS permissions"
	checkNetwork     = "network"
	checkQuota       = "Fargate quota"
)

func (d *doctor) checkCredentials(ctx context.Context) {
	if errors.Is(d.AWSErr, provision.ErrNoRegion) {
		d.skip(checkCredentials, "AWS cannot be asked without a region: see "+checkRegion)
		d.failed(checkRegion, d.AWSErr)
		d.learn(func(d *doctor) { d.blocked = checkRegion })
		return
	}
	if d.AWSErr != nil {
		d.failed(checkCredentials, d.AWSErr)
		return
	}
	id, err := provision.WhoAmI(ctx, d.Clients)
	if err != nil {
		d.failed(checkCredentials, err)
		return
	}
	d.learn(func(d *doctor) { d.id, d.known = id, true })
	d.ok(checkCredentials, fmt.Sprintf("account %s, as %s", id.Account, id.Caller))
}

// AWS refuses signatures that are more than five minutes off; logs and heartbeats go
// wrong before that.
const (
	skewWarned  = time.Minute
	skewRefused = 5 * time.Minute
)

// checkClock compares this machine's clock with that of AWS, which every answer carries,
// refusals too.
func (d *doctor) checkClock(ctx context.Context) {
	if d.AWSErr != nil {
		d.skip(checkClock, "AWS cannot be asked: see "+checkCredentials)
		return
	}
	var theirs time.Time
	_, err := d.Clients.STS.GetCallerIdentity(onelook.Anew(ctx), &sts.GetCallerIdentityInput{}, func(o *sts.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *smithymiddleware.Stack) error {
			return stack.Deserialize.Add(readDate(&theirs), smithymiddleware.After)
		})
	})
	if theirs.IsZero() {
		d.skip(checkClock, fmt.Sprintf("AWS gave no answer to compare it with: %v",
			provision.ExplainAWS("ask AWS for the time", err)))
		return
	}
	// The date of an answer has whole seconds.
	skew := time.Since(theirs).Truncate(time.Second)
	const fix = "set this machine's clock: `timedatectl set-ntp true`, or restart a virtual machine that was asleep"
	reason := fmt.Sprintf("this machine's clock is %s off that of AWS", skew.Abs())
	switch {
	case skew.Abs() >= skewRefused:
		d.fail(checkClock, reason+", and AWS refuses what is signed more than 5 minutes off", fix)
	case skew.Abs() >= skewWarned:
		d.warn(checkClock, reason, fix)
	default:
		d.ok(checkClock, fmt.Sprintf("within %s of that of AWS", skewWarned))
	}
}

// readDate is a step of the SDK that takes the Date off each answer.
func readDate(date *time.Time) smithymiddleware.DeserializeMiddleware {
	return smithymiddleware.DeserializeMiddlewareFunc("ecsctlDate",
		func(ctx context.Context, in smithymiddleware.DeserializeInput, next smithymiddleware.DeserializeHandler) (
			out smithymiddleware.DeserializeOutput, metadata smithymiddleware.Metadata, err error,
		) {
			out, metadata, err = next.HandleDeserialize(ctx, in)
			if response, ok := out.RawResponse.(*smithyhttp.Response); ok && response != nil &&
				response.Response != nil {
				if at, parseErr := http.ParseTime(response.Header.Get("Date")); parseErr == nil {
					*date = at
				}
			}
			return out, metadata, err
		})
}

// checkRegion looks whether ECS answers in the region, and whether it is the one that
// the pool was set up in.
func (d *doctor) checkRegion(ctx context.Context) {
	if errors.Is(d.AWSErr, provision.ErrNoRegion) || !d.needsAWS(checkRegion) {
		return // the missing region has been reported already
	}
	if d.pool != nil {
		if err := provision.CheckPlace(d.pool, d.id); err != nil {
			d.learn(func(d *doctor) { d.blocked = checkRegion })
			d.failed(checkRegion, err)
			return
		}
	}
	_, err := d.Clients.ECS.ListClusters(ctx, &ecs.ListClustersInput{MaxResults: aws.Int32(1)})
	if err != nil && !awserr.Denied(err) {
		err = provision.ExplainAWS(fmt.Sprintf("ask ECS in the region %q", d.id.Region), err)
		fix := status.FixOf(err)
		if fix == "" {
			fix = "name a region that exists and that the account has enabled with --region or AWS_REGION"
		}
		d.learn(func(d *doctor) { d.blocked = checkRegion })
		d.fail(checkRegion, err.Error(), fix)
		return
	}
	d.ok(checkRegion, d.id.Region+", and ECS answers there")
}
