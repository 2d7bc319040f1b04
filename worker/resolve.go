package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/internal/aws/ec2calls"
	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// resolve is the stage that gathers what a job is made from and makes it.
type resolve struct {
	api      *prefect.Client
	settings map[string]string
	environ  func(string) (string, bool)
	worker   string // name

	deployments cache[deploymentDocument]
	flows       cache[*prefect.Flow]
	blocks      cache[json.RawMessage]
	variables   cache[json.RawMessage]
	decoded     jobtemplate.Decoded
}

// deploymentDocument is a deployment, and the same as jobtemplate wants it.
type deploymentDocument struct {
	*prefect.Deployment
	document json.RawMessage
}

func newResolve(o Options) *resolve {
	return &resolve{api: o.Prefect, settings: o.Settings, environ: o.Environ, worker: o.Name}
}

// job resolves the job of a run.
func (r *resolve) job(ctx context.Context, c candidate, known *snapshot) (*jobtemplate.Job, error) {
	inputs, err := r.inputs(ctx, c, known)
	if err != nil {
		return nil, err
	}
	return jobtemplate.Resolve(inputs)
}

func (r *resolve) inputs(ctx context.Context, c candidate, known *snapshot) (jobtemplate.Inputs, error) {
	in := jobtemplate.Inputs{
		FlowRun: c.run.Raw(), WorkPool: known.rawPool,
		WorkerName: r.worker, WorkerID: known.workerID,
		Settings: r.settings, Environ: r.environ,
		Lookup: r.lookup(ctx, c.found), PrefectVersion: known.version, Decoded: &r.decoded,
	}
	flow, err := r.flow(ctx, c)
	if err != nil {
		return in, err
	}
	in.Flow = flow.Raw()
	if c.run.DeploymentID == "" {
		return in, nil
	}
	deployment, err := r.deployment(ctx, c)
	if err != nil {
		return in, err
	}
	in.Deployment = deployment.document
	return in, nil
}

// withJobVariables is the deployment as jobtemplate wants it: Prefect 2 has the job
// variables under an older name.
func withJobVariables(d *prefect.Deployment) (json.RawMessage, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(d.Raw(), &object); err != nil {
		return nil, fmt.Errorf("failed to read deployment %q: %w", d.ID, err)
	}
	if _, given := object["job_variables"]; given || len(d.JobVariables) == 0 {
		return d.Raw(), nil
	}
	object["job_variables"] = d.JobVariables
	return json.Marshal(object)
}

// deployment reads the deployment of a run, or returns prefect.ErrNotFound.
func (r *resolve) deployment(ctx context.Context, c candidate) (deploymentDocument, error) {
	return r.deployments.get(ctx, c.run.DeploymentID, c.found, func(ctx context.Context) (deploymentDocument, error) {
		read, err := r.api.ReadDeployment(ctx, c.run.DeploymentID)
		if err != nil {
			return deploymentDocument{}, err
		}
		document, err := withJobVariables(read)
		return deploymentDocument{read, document}, err
	})
}

func (r *resolve) flow(ctx context.Context, c candidate) (*prefect.Flow, error) {
	return r.flows.get(ctx, c.run.FlowID, c.found, func(ctx context.Context) (*prefect.Flow, error) {
		return r.api.ReadFlow(ctx, c.run.FlowID)
	})
}

// lookup finds blocks and variables for a job template.
func (r *resolve) lookup(ctx context.Context, notBefore time.Time) jobtemplate.Lookup {
	block := func(key string, read func(context.Context) (*prefect.BlockDocument, error)) (json.RawMessage, error) {
		data, err := r.blocks.get(ctx, key, notBefore, func(ctx context.Context) (json.RawMessage, error) {
			document, err := read(ctx)
			if err != nil {
				return nil, err
			}
			return document.Data, nil
		})
		return data, translate(err)
	}
	return jobtemplate.Lookup{
		Block: func(slug, name string) (json.RawMessage, error) {
			return block(slug+"/"+name, func(ctx context.Context) (*prefect.BlockDocument, error) {
				return r.api.ReadBlockDocumentByName(ctx, slug, name)
			})
		},
		BlockByID: func(id string) (json.RawMessage, error) {
			return block(id, func(ctx context.Context) (*prefect.BlockDocument, error) {
				return r.api.ReadBlockDocument(ctx, id)
			})
		},
		Variable: func(name string) (json.RawMessage, error) {
			value, err := r.variables.get(ctx, name, notBefore, func(ctx context.Context) (json.RawMessage, error) {
				variable, err := r.api.ReadVariable(ctx, name)
				if err != nil {
					return nil, err
				}
				return variable.Value, nil
			})
			return value, translate(err)
		},
	}
}

// translate says "not found" in jobtemplate's words. An id that is no id is not found
// either: the server calls it invalid.
func translate(err error) error {
	if errors.Is(err, prefect.ErrNotFound) || errors.Is(err, prefect.ErrInvalid) {
		return fmt.Errorf("%w: %w", jobtemplate.ErrNotFound, err)
	}
	return err
}

// networkLife is how long the subnets of a VPC are taken to be the same.
const networkLife = time.Minute

// networks looks up VPCs and their subnets.
type networks struct {
	patience patience
	known    *cache[jobtemplate.Network]
}

// find answers what a job needs to know.
func (n *networks) find(ctx context.Context, log *slog.Logger, c *awsaccess.Clients,
	need jobtemplate.NetworkNeed) (*jobtemplate.Network, error) {
	network, err := n.known.get(ctx, c.Key+need.VPCID, time.Now().Add(-networkLife),
		func(ctx context.Context) (jobtemplate.Network, error) {
			var network jobtemplate.Network
			err := patiently(ctx, log, n.patience, awsaccess.Passing, func() (err error) {
				network, err = readNetwork(ctx, c.EC2, need.VPCID)
				return err
			})
			return network, err
		})
	return &network, err
}

func readNetwork(ctx context.Context, client *ec2calls.Client, vpcID string) (jobtemplate.Network, error) {
	query := &ec2.DescribeVpcsInput{VpcIds: []string{vpcID}}
	if vpcID == "" {
		query = &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: aws.String("isDefault"),
			Values: []string{"true"}}}}
	}
	vpcs, err := client.DescribeVpcs(ctx, query)
	if awserr.HasCode(err, "InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "InvalidVpcId.Malformed") {
		return jobtemplate.Network{}, nil // jobtemplate words the problem
	}
	if err != nil {
		return jobtemplate.Network{}, awsaccess.Explain("look up the VPC", err)
	}
	i := slices.IndexFunc(vpcs.Vpcs, func(v ec2types.Vpc) bool { // an emulator may not know the filter
		return vpcID == aws.ToString(v.VpcId) || vpcID == "" && aws.ToBool(v.IsDefault)
	})
	if i < 0 {
		return jobtemplate.Network{}, nil
	}
	network := jobtemplate.Network{VPCID: aws.ToString(vpcs.Vpcs[i].VpcId)}
	pages := ec2.NewDescribeSubnetsPaginator(client, &ec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{network.VPCID}}},
	})
	var subnets []ec2types.Subnet
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return jobtemplate.Network{}, awsaccess.Explain("list the subnets of VPC \""+network.VPCID+"\"", err)
		}
		subnets = append(subnets, slices.DeleteFunc(page.Subnets, func(s ec2types.Subnet) bool {
			return aws.ToString(s.VpcId) != network.VPCID
		})...)
	}
	network.Subnets = zonesInTurn(subnets)
	return network, nil
}

// zonesInTurn are the ids of subnets, one of each zone in turn: a task takes the first of
// them, as many as ECS takes. How many addresses are free does not count: a retry must send
// the same request.
func zonesInTurn(subnets []ec2types.Subnet) []string {
	slices.SortFunc(subnets, func(a, b ec2types.Subnet) int { return cmp.Compare(*a.SubnetId, *b.SubnetId) })
	turn, seen := map[string]int{}, map[string]int{}
	for _, s := range subnets {
		zone := aws.ToString(s.AvailabilityZone)
		turn[*s.SubnetId] = seen[zone]
		seen[zone]++
	}
	slices.SortStableFunc(subnets, func(a, b ec2types.Subnet) int {
		return cmp.Or(turn[*a.SubnetId]-turn[*b.SubnetId],
			cmp.Compare(aws.ToString(a.AvailabilityZone), aws.ToString(b.AvailabilityZone)))
	})
	ids := make([]string, len(subnets))
	for i, s := range subnets {
		ids[i] = *s.SubnetId
	}
	return ids
}
