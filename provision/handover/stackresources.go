package handover

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"ecsctl/provision"
)

// makers say which type of resource a call makes. What they do not move to where CloudFormation has it stays under the
// name that it has in the API: nothing that a bootstrap sets is lost.
var makers = map[string]struct {
	typeName string
	shape    func(properties map[string]any) error
}{
	"CreateSecurityGroup":    {"AWS::EC2::SecurityGroup", shapeGroup},
	"CreateCluster":          {"AWS::ECS::Cluster", shapeCluster},
	"CreateRole":             {"AWS::IAM::Role", shapeRole},
	"CreateInstanceProfile":  {"AWS::IAM::InstanceProfile", without("Tags")}, // CloudFormation has none there
	"CreateCapacityProvider": {"AWS::ECS::CapacityProvider", shapeProvider},
	"CreateLogGroup":         {"AWS::Logs::LogGroup", listTags},
	"CreateRepository":       {"AWS::ECR::Repository", nil},
	"CreateBucket":           {"AWS::S3::Bucket", shapeBucket},
	"CreateSecret":           {"AWS::SecretsManager::Secret", without("ClientRequestToken")},
	"CreateQueue":            {"AWS::SQS::Queue", shapeQueue},
	"PutRule":                {"AWS::Events::Rule", shapeRule},
	"RegisterTaskDefinition": {"AWS::ECS::TaskDefinition", nil},
	"CreateService":          {"AWS::ECS::Service", without("ClientToken")},
}

// adders put a call that comes after the first into the resource that the first has made, or make another one.
var adders = map[string]func(r *stackResource, in map[string]any) ([]stackResource, error){
	"AttachRolePolicy":                addManagedPolicy,
	"PutRolePolicy":                   addInlinePolicy,
	"AddRoleToInstanceProfile":        addRole,
	"PutRetentionPolicy":              addFields("RetentionInDays", "RetentionInDays"),
	"PutLifecyclePolicy":              addLifecyclePolicy,
	"PutTargets":                      addFields("Targets", "Targets"),
	"PutPublicAccessBlock":            addFields("PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"),
	"PutBucketEncryption":             addEncryption,
	"PutBucketLifecycleConfiguration": addLifecycle,
	"PutBucketPolicy":                 addBucketPolicy,
}

// resourcesOf turns the calls of a step into resources: the first makes one, the others add to it.
func resourcesOf(step provision.DesiredStep) ([]stackResource, error) {
	if len(step.Calls) == 0 {
		return nil, fmt.Errorf("nothing makes it")
	}
	first := step.Calls[0]
	maker, ok := makers[first.Operation]
	if !ok {
		return nil, unknown(first)
	}
	r := stackResource{id: logicalID(step.Kind), kind: step.Kind, typeName: maker.typeName, needs: step.Needs,
		properties: fieldsOf(first)}
	if maker.shape != nil {
		if err := maker.shape(r.properties); err != nil {
			return nil, err
		}
	}
	var others []stackResource
	for _, call := range step.Calls[1:] {
		add, ok := adders[call.Operation]
		if !ok {
			return nil, unknown(call)
		}
		made, err := add(&r, fieldsOf(call))
		if err != nil {
			return nil, err
		}
		others = append(others, made...)
	}
	if policy, ok := r.properties[queuePolicy]; ok {
		delete(r.properties, queuePolicy)
		others = append(others, r.companion("AWS::SQS::QueuePolicy", map[string]any{
			"Queues": []any{map[string]any{"Ref": r.id}}, "PolicyDocument": policy}))
	}
	return append([]stackResource{r}, others...), nil
}

func unknown(call provision.Call) error {
	return fmt.Errorf("export to CloudFormation does not know the call %s of %s", call.Operation, call.Service)
}

func shapeCluster(p map[string]any) error { rename(p, "Settings", "ClusterSettings"); return nil }
func shapeRole(p map[string]any) error    { return parse(p, "AssumeRolePolicyDocument") }
func shapeRule(p map[string]any) error    { return parse(p, "EventPattern") }

func shapeProvider(p map[string]any) error { rename(p, "Cluster", "ClusterName"); return nil }

// companion is a resource that belongs to another.
func (r *stackResource) companion(typeName string, properties map[string]any) stackResource {
	return stackResource{id: r.id + "Policy", kind: r.kind, typeName: typeName, properties: properties}
}

func fieldsOf(call provision.Call) map[string]any {
	fields, ok := tree(call.Input).(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return fields
}

func rename(p map[string]any, from, to string) {
	if value, ok := p[from]; ok {
		delete(p, from)
		p[to] = value
	}
}

func parse(p map[string]any, field string) (err error) {
	p[field], err = document(p[field])
	return err
}

func without(field string) func(map[string]any) error {
	return func(p map[string]any) error { delete(p, field); return nil }
}

// listTags turns a map of tags into CloudFormation's list.
func listTags(p map[string]any) error {
	tags, ok := p["Tags"].(map[string]any)
	if !ok {
		return nil
	}
	var list []any
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, map[string]any{"Key": key, "Value": tags[key]})
	}
	p["Tags"] = list
	return nil
}

func shapeGroup(p map[string]any) error {
	rename(p, "Description", "GroupDescription")
	if specifications, ok := p["TagSpecifications"].([]any); ok && len(specifications) == 1 {
		if one, ok := specifications[0].(map[string]any); ok {
			delete(p, "TagSpecifications")
			p["Tags"] = one["Tags"]
		}
	}
	return nil
}

// queuePolicy is the attribute of a queue that is a resource of its own in CloudFormation.
const queuePolicy = "Policy"

// shapeQueue: an attribute of the API is a text, a property of CloudFormation what stands in it.
func shapeQueue(p map[string]any) error {
	attributes, _ := p["Attributes"].(map[string]any)
	delete(p, "Attributes")
	for name, value := range attributes {
		text, _ := value.(string)
		if number, err := strconv.Atoi(text); err == nil {
			p[name] = number
			continue
		}
		if !json.Valid([]byte(text)) {
			p[name] = text
			continue
		}
		parsed, err := document(text)
		if err != nil {
			return err
		}
		p[name] = parsed
	}
	return listTags(p)
}

// shapeBucket: a stack makes a bucket where it is itself.
func shapeBucket(p map[string]any) error {
	rename(p, "Bucket", "BucketName")
	configuration, _ := p["CreateBucketConfiguration"].(map[string]any)
	delete(configuration, "LocationConstraint")
	delete(p, "CreateBucketConfiguration")
	maps.Copy(p, configuration)
	return nil
}
