package sandbox_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/sandbox"
)

func TestWhatIsNotImplementedIsRefusedByName(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	for name, call := range map[string]func() error{
		"the operation ListGroups": func() error {
			_, err := c.iam.ListGroups(t.Context(), &iam.ListGroupsInput{})
			return err
		},
		"the operation DescribeInstances": func() error {
			_, err := c.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
			return err
		},
		"the operation ListAttributes": func() error {
			_, err := c.ecs.ListAttributes(t.Context(),
				&ecs.ListAttributesInput{TargetType: types.TargetTypeContainerInstance})
			return err
		},
		"the parameter DryRun of DescribeVpcs": func() error {
			_, err := c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{DryRun: aws.Bool(true)})
			return err
		},
		"the parameter configuration of CreateCluster": func() error {
			_, err := c.ecs.CreateCluster(t.Context(),
				&ecs.CreateClusterInput{Configuration: &types.ClusterConfiguration{}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			wantMessage(t, call(), "SandboxNotImplemented", "the ecsctl sandbox does not implement "+name)
		})
	}
}

// TestRequestsAreChecked sends what the SDK would not.
func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	for name, tc := range map[string]struct{ operation, body, want string }{
		"unknown parameter": {"CreateCluster", `{"clustername":"c"}`,
			"unknown parameter clustername (did you mean clusterName?)"},
		"unknown member": {"CreateCluster", `{"tags":[{"key":"a","val":"b"}]}`, "unknown parameter tags[0].val"},
		"wrong type":     {"CreateCluster", `{"clusterName":1}`, "the parameter clusterName must be a string"},
		"not a whole":    {"ListClusters", `{"maxResults":1.5}`, "the parameter maxResults must be a whole number"},
		"outside the enum": {"ListTaskDefinitions", `{"sort":"UP"}`,
			"Member must satisfy enum value set: [ASC, DESC]"},
		"missing": {"DeleteCluster", `{}`,
			"Value null at 'cluster' failed to satisfy constraint: Member must not be null"},
		"not JSON":          {"DeleteCluster", `{`, "the request is not JSON"},
		"not an object":     {"DeleteCluster", `[]`, "is not an object"},
		"no such operation": {"MakeCoffee", `{}`, "the operation MakeCoffee"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := c.raw(t, "ecs", "AmazonEC2ContainerServiceV20141113.", tc.operation, tc.body)
			if status != http.StatusBadRequest || !strings.Contains(body, tc.want) {
				t.Errorf("got %d %s, want %q", status, body, tc.want)
			}
		})
	}
}

func TestUnknownServiceIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	for _, target := range []string{"", "AmazonSNS.Publish"} {
		req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.URL(), strings.NewReader("")))(t)
		if target != "" {
			req.Header.Set("X-Amz-Target", target)
		}
		sign(t, c.server, req, "sns", "")
		resp := must(http.DefaultClient.Do(req))(t)
		defer resp.Body.Close()
		body := string(must(io.ReadAll(resp.Body))(t))
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "SandboxNotImplemented") ||
			!strings.Contains(body, "the service sns") {
			t.Errorf("got %d %s", resp.StatusCode, body)
		}
	}
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	for region, partition := range map[string]string{
		"us-east-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
	} {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			c := start(t, sandbox.Options{Region: region, Account: "210987654321"})
			cluster := must(c.ecs.CreateCluster(t.Context(),
				&ecs.CreateClusterInput{ClusterName: aws.String("c")}))(t).Cluster
			if want := "arn:" + partition + ":ecs:" + region + ":210987654321:cluster/c"; *cluster.ClusterArn != want {
				t.Errorf("got %s, want %s", *cluster.ClusterArn, want)
			}
			role := c.role(t)
			attach := func(partition string) error {
				_, err := c.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: role.RoleName,
					PolicyArn: aws.String("arn:" + partition +
						":iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")})
				return err
			}
			if err := attach(partition); err != nil {
				t.Error(err)
			}
			wantCode(t, attach("aws-elsewhere"), "NoSuchEntity")
		})
	}
}

func TestOtherRegionIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Region: "eu-west-1"})
	other := newClients(t, c.server.URL(), "us-east-1", "SANDBOX", c.server.SecretAccessKey())
	_, err := other.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	wantMessage(t, err, "SandboxNotImplemented", "the region us-east-1")
}

func TestUnsignedRequestIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	resp := must(http.Get(c.server.URL()))(t)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("got status %d", resp.StatusCode)
	}
}

func TestPoliciesOfAnotherPartitionAreRefused(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	name := c.role(t).RoleName
	for _, resource := range []string{"arn:aws-cn:s3:::bucket", "bucket"} {
		_, err := c.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"),
			PolicyDocument: aws.String(
				`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"` +
					resource + `"}}`)})
		wantCode(t, err, "MalformedPolicyDocument")
	}
}

func TestPrefectAPIAnswersBesideAWS(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	resp := must(http.Get(c.server.PrefectAPIURL() + "/health"))(t)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("got status %d", resp.StatusCode)
	}
}
