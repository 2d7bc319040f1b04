package commands_test

import (
	"os"
	"strings"
	"testing"
)

// repairs are what a person gave bootstrap and was broken: how it breaks, what the first
// bootstrap says, and how it is repaired.
var repairs = map[string]struct {
	flags  []string
	damage func(*adopter)
	says   string
	repair func(*adopter)
}{
	"role": {
		flags:  []string{"--execution-role", "theirs"},
		damage: func(a *adopter) { a.role("THEIRS", "theirs") },
		says:   "is not authorized to perform: secretsmanager:GetSecretValue",
		repair: func(a *adopter) {
			a.make("", "", "iam", "PutRolePolicy", "{RoleName: theirs, PolicyName: p, PolicyDocument: '"+everything+
				"'}")
		},
	},
	"secret": {
		flags:  []string{"--prefect-api-key-secret", "$SECRET:worker-key::"},
		damage: func(*adopter) {},
		says:   "did not contain json key worker-key",
		repair: func(a *adopter) {
			a.make("", "", "secretsmanager", "PutSecretValue", `{SecretId: acme/flows, SecretString: '{"worker-key": "k"}'}`)
		},
	},
	"route": {
		flags: []string{"--subnet", "$PRIVATE"},
		damage: func(a *adopter) {
			a.make("GATEWAY", "InternetGateways.0.InternetGatewayId", "ec2", "DescribeInternetGateways", "{}")
		},
		says: "Please check your task network configuration",
		repair: func(a *adopter) {
			a.make("", "", "ec2", "CreateRoute", "{RouteTableId: "+a.ids["TABLE"]+
				", DestinationCidrBlock: 0.0.0.0/0, GatewayId: "+a.ids["GATEWAY"]+"}")
		},
	},
	"security group": {
		flags: []string{"--security-group", "$GROUP"},
		damage: func(a *adopter) {
			a.make("", "", "ec2", "RevokeSecurityGroupEgress", "{GroupId: "+a.ids["GROUP"]+`, IpPermissions: `+
				`[{IpProtocol: "-1", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}`)
		},
		says: "Please check your task network configuration",
		repair: func(a *adopter) {
			a.make("", "", "ec2", "AuthorizeSecurityGroupEgress", "{GroupId: "+a.ids["GROUP"]+`, IpPermissions: `+
				`[{IpProtocol: "-1", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}`)
		},
	},
	"endpoint": {
		flags: []string{"--subnet", "$SUBNET_A", "--security-group", "$GROUP"},
		damage: func(a *adopter) {
			a.make("CLOSED", "GroupId", "ec2", "CreateSecurityGroup", "{VpcId: "+a.ids["VPC"]+
				", GroupName: closed, Description: closed}")
			a.make("", "", "ec2", "CreateVpcEndpoint", "{VpcId: "+a.ids["VPC"]+", VpcEndpointType: Interface, "+
				"ServiceName: com.amazonaws.eu-west-1.secretsmanager, SubnetIds: ["+a.ids["SUBNET_A"]+
				"], SecurityGroupIds: ["+a.ids["CLOSED"]+"]}")
		},
		says: "Please check your task network configuration",
		repair: func(a *adopter) {
			a.make("", "", "ec2", "AuthorizeSecurityGroupIngress", "{GroupId: "+a.ids["CLOSED"]+`, IpPermissions: `+
				`[{IpProtocol: tcp, FromPort: 443, ToPort: 443, UserIdGroupPairs: [{GroupId: `+a.ids["GROUP"]+`}]}]}`)
		},
	},
}

// TestFixItAndRunAgain: what a person adopted is broken, so that no worker comes. Repaired, the
// same command deploys anew and ends well, and a run works.
func TestFixItAndRunAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range repairs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdopter(t)
			tc.damage(a)
			args := []string{"bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--yes"}
			for _, flag := range tc.flags {
				args = append(args, os.Expand(flag, func(id string) string { return a.ids[id] }))
			}
			cmd, out := a.command(args...)
			if err := cmd.Run(); err == nil || !strings.Contains(out.String(), tc.says) {
				t.Fatalf("the first bootstrap: %v, want %q in:\n%s", err, tc.says, out)
			}
			tc.repair(a)
			a.Run(args...)
			a.runEnds("Completed")
		})
	}
}
