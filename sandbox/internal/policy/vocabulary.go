package policy

import (
	"fmt"
	"slices"
	"strings"
)

// services are those whose calls are authorised; a statement about no other is moot.
var services = []string{"ec2", "ecr", "ecs", "events", "iam", "kms", "logs", "s3", "secretsmanager", "sqs",
	"ssm", "sts"}

// keys are the condition keys that requests carry, in lower case; one that ends in "/"
// goes on with the key of a tag, one that ends in ":" with that of an encryption context. Some
// never have a value here, as for most callers of AWS: those of federation, of VPC endpoints, of
// calls that a service makes for somebody.
var keys = strings.Fields(`
	aws:calledvia aws:calledviafirst aws:calledvialast aws:currenttime aws:epochtime
	aws:federatedprovider aws:multifactorauthage aws:multifactorauthpresent
	aws:principalaccount aws:principalarn aws:principalisawsservice aws:principalorgid
	aws:principalservicename aws:principaltag/ aws:principaltype aws:referer
	aws:requestedregion aws:requesttag/ aws:resourceaccount aws:resourcetag/
	aws:securetransport aws:sourceaccount aws:sourcearn aws:sourceip aws:sourcevpc aws:sourcevpce
	aws:tagkeys aws:tokenissuetime aws:useragent aws:userid aws:username aws:viaawsservice aws:vpcsourceip
	ec2:createaction ec2:region ec2:resourcetag/ ec2:securitygroupid ec2:subnetid ec2:vpc ec2:vpcid
	ecs:cluster ecs:createaction ecs:enable-ecs-managed-tags ecs:enable-execute-command
	ecs:resourcetag/ ecs:subnet ecs:task-cpu ecs:task-definition ecs:task-memory
	ecs:compute-compatibility ecs:privileged
	events:creatoraccount events:detail-type events:managedby events:source events:targetarn
	iam:awsservicename iam:passedtoservice iam:permissionsboundary iam:policyarn iam:resourcetag/
	kms:encryptioncontext: kms:encryptioncontextkeys kms:resourcealiases kms:viaservice
	secretsmanager:description secretsmanager:forcedeletewithoutrecovery secretsmanager:kmskeyid
	secretsmanager:name secretsmanager:recoverywindowindays secretsmanager:resourcetag/
	secretsmanager:secretid secretsmanager:versionid secretsmanager:versionstage
	sts:externalid sts:rolesessionname
`)

// Known reports whether a condition key is one that requests carry.
func Known(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc(keys, func(known string) bool {
		if strings.HasSuffix(known, "/") || strings.HasSuffix(known, ":") {
			return strings.HasPrefix(key, known) && len(key) > len(known)
		}
		return key == known
	})
}

// Set gives a key its values; none leave it unset.
func (c Context) Set(key string, values ...string) {
	if !Known(key) {
		panic(fmt.Sprintf("sandbox: no policy may use the condition key %q", key))
	}
	if len(values) > 0 {
		c[strings.ToLower(key)] = values
	}
}

// Unsupported names the first thing of a policy that could not be evaluated; "" when
// there is none.
func (d Document) Unsupported() string {
	for _, st := range d.Statement {
		for name, values := range st.Condition {
			if o, ok := parseOperator(name); !ok || !o.supported() {
				return "the condition operator " + name
			}
			if key := st.unknownKey(d, values); key != "" {
				return "the condition key " + key
			}
		}
		for _, text := range slices.Concat(st.Resource, st.NotResource) {
			if key := d.unknownVariable(text); key != "" {
				return "the policy variable " + key
			}
		}
	}
	return ""
}

// unknownKey looks at statements alone that may concern a service of the sandbox.
func (st Statement) unknownKey(d Document, values map[string]OneOrMany[Value]) string {
	if !st.touchesServices() {
		return ""
	}
	for key, list := range values {
		if !Known(key) {
			return key
		}
		for _, value := range list {
			if name := d.unknownVariable(string(value)); name != "" {
				return name
			}
		}
	}
	return ""
}

func (st Statement) touchesServices() bool {
	if st.NotAction != nil {
		return true
	}
	return slices.ContainsFunc(st.Action, func(action string) bool {
		vendor, _, _ := strings.Cut(strings.ToLower(action), ":")
		return slices.ContainsFunc(services, glob(vendor).matches)
	})
}

func (d Document) unknownVariable(text string) string {
	if d.Version != versionWithVariables {
		return ""
	}
	for _, name := range variables(text) {
		if !Known(name) {
			return name
		}
	}
	return ""
}
