package jobtemplate

import (
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Uses is what a job takes of AWS: what must be there, and what its worker must be allowed.
type Uses struct {
	Cluster       string // name or ARN; empty is the default cluster
	Family        string // the definition's own; empty when the worker makes it up
	ExecutionRole string
	TaskRoles     []string // of the definition and of the request
	LaunchType    string   // empty with a strategy, and where the cluster decides
	Providers     []string // the strategy's
	VPC           string
	// Network is the awsvpc configuration; Subnets is empty where the worker takes those of the VPC.
	Subnets, SecurityGroups []string
	PublicIP                bool
	NetworkMode             string // of the definition; empty when nobody says
	LogGroups               []string
	// Secrets are what containers and their registries read, as `valueFrom` has it.
	Secrets    []string
	Images     []string
	Registries bool // a container's image needs credentials of a registry

	Architecture    string   // of the definition's runtimePlatform; AWS takes X86_64 where it is empty
	Compatibilities []string // requiresCompatibilities of the definition
	Privileged      bool     // a container is
	GPU             bool     // a container asks for one, by the definition or an override
	Exec            bool     // ECS Exec is let into the task

	FileSystems []string // of EFS, mounted with IAM authorization
	// InfrastructureRoles are those by which ECS makes the task's EBS volumes.
	InfrastructureRoles []string
}

// Roles are all roles that ECS is handed for the job.
func (u Uses) Roles() []string {
	out := slices.Clone(u.TaskRoles)
	if u.ExecutionRole != "" {
		out = append(out, u.ExecutionRole)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Uses reads what the job takes of AWS off its requests. described is the task definition that
// the job names, nil when it has one of its own or nobody could look.
func (j *Job) Uses(described *types.TaskDefinition) Uses {
	facts := j.facts(described)
	request := j.request(&findings{}, facts, Launch{TaskDefinition: firstOf(j.TaskDefinition, facts.family)})
	u := Uses{
		Cluster: field(request, "cluster"), Family: j.ownFamily(described), LaunchType: field(request, "launchType"),
		ExecutionRole: facts.executionRole, VPC: j.config.vpcID, Compatibilities: facts.compatible,
		NetworkMode: facts.networkMode,
		Exec:        truthy(request["enableExecuteCommand"]),
	}
	overrides, _ := request["overrides"].(map[string]any)
	if role := field(overrides, "executionRoleArn"); role != "" {
		u.ExecutionRole = role
	}
	addOnce(&u.TaskRoles, field(overrides, "taskRoleArn"))
	u.addGPUs(objectsOf(overrides["containerOverrides"]))
	for _, item := range objectsOf(request["capacityProviderStrategy"]) {
		u.Providers = append(u.Providers, field(item, "capacityProvider"))
	}
	u.addNetwork(j.networkOf(request))
	for _, volume := range objectsOf(request["volumeConfigurations"]) {
		ebs, _ := volume["managedEBSVolume"].(map[string]any)
		addOnce(&u.InfrastructureRoles, field(ebs, "roleArn"))
	}
	if described != nil {
		u.addDescribed(described)
	} else {
		u.addDocument(j.definition)
	}
	return u
}

// ownFamily is the family that the job names; one that the worker makes up is none.
func (j *Job) ownFamily(described *types.TaskDefinition) string {
	if described != nil {
		return aws.ToString(described.Family)
	}
	return field(j.config.taskDefinition, "family")
}

func (j *Job) networkOf(request map[string]any) map[string]any {
	if len(j.config.network) > 0 {
		return j.config.network
	}
	outer, _ := request["networkConfiguration"].(map[string]any)
	inner, _ := outer["awsvpcConfiguration"].(map[string]any)
	return inner
}

func (u *Uses) addNetwork(network map[string]any) {
	u.Subnets, u.SecurityGroups = stringsOf(network["subnets"]), stringsOf(network["securityGroups"])
	u.PublicIP = field(network, "assignPublicIp") == "ENABLED"
}

// addOnce adds what is said, once.
func addOnce(list *[]string, text string) {
	if text != "" && !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}

// addDocument reads a definition that the worker registers.
func (u *Uses) addDocument(definition map[string]any) {
	addOnce(&u.TaskRoles, field(definition, "taskRoleArn"))
	for _, volume := range objectsOf(definition["volumes"]) {
		efs, _ := volume["efsVolumeConfiguration"].(map[string]any)
		authorization, _ := efs["authorizationConfig"].(map[string]any)
		if field(authorization, "iam") == string(types.EFSAuthorizationConfigIAMEnabled) {
			addOnce(&u.FileSystems, field(efs, "fileSystemId"))
		}
	}
	platform, _ := definition["runtimePlatform"].(map[string]any)
	u.Architecture = field(platform, "cpuArchitecture")
	u.addGPUs(objectsOf(definition["containerDefinitions"]))
	for _, container := range objectsOf(definition["containerDefinitions"]) {
		u.Images = append(u.Images, field(container, "image"))
		u.Privileged = u.Privileged || truthy(container["privileged"])
		for _, secret := range objectsOf(container["secrets"]) {
			addOnce(&u.Secrets, field(secret, "valueFrom"))
		}
		credentials, _ := container["repositoryCredentials"].(map[string]any)
		u.Registries = u.Registries || len(credentials) > 0
		addOnce(&u.Secrets, field(credentials, "credentialsParameter"))
		logs, _ := container["logConfiguration"].(map[string]any)
		options, _ := logs["options"].(map[string]any)
		addOnce(&u.LogGroups, field(options, "awslogs-group"))
	}
}

// addGPUs reads what containers ask for.
func (u *Uses) addGPUs(containers []map[string]any) {
	for _, container := range containers {
		for _, need := range objectsOf(container["resourceRequirements"]) {
			u.GPU = u.GPU || field(need, "type") == string(types.ResourceTypeGpu)
		}
	}
}

// addDescribed reads a definition that AWS has.
func (u *Uses) addDescribed(definition *types.TaskDefinition) {
	addOnce(&u.TaskRoles, aws.ToString(definition.TaskRoleArn))
	if p := definition.RuntimePlatform; p != nil {
		u.Architecture = string(p.CpuArchitecture)
	}
	for _, volume := range definition.Volumes {
		efs := volume.EfsVolumeConfiguration
		if efs != nil && efs.AuthorizationConfig != nil &&
			efs.AuthorizationConfig.Iam == types.EFSAuthorizationConfigIAMEnabled {
			addOnce(&u.FileSystems, aws.ToString(efs.FileSystemId))
		}
	}
	for _, container := range definition.ContainerDefinitions {
		u.Images = append(u.Images, aws.ToString(container.Image))
		u.Privileged = u.Privileged || aws.ToBool(container.Privileged)
		for _, need := range container.ResourceRequirements {
			u.GPU = u.GPU || need.Type == types.ResourceTypeGpu
		}
		for _, secret := range container.Secrets {
			addOnce(&u.Secrets, aws.ToString(secret.ValueFrom))
		}
		if c := container.RepositoryCredentials; c != nil {
			u.Registries = true
			addOnce(&u.Secrets, aws.ToString(c.CredentialsParameter))
		}
		if l := container.LogConfiguration; l != nil {
			addOnce(&u.LogGroups, l.Options["awslogs-group"])
		}
	}
}

// objectsOf are the objects of a list; what else there is is no concern of the caller.
func objectsOf(value any) []map[string]any {
	list, _ := value.([]any)
	var out []map[string]any
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			out = append(out, object)
		}
	}
	return out
}

// UsedVariables are the variables that a base job template takes up; a variable that is only
// declared has no effect, whatever its default.
func UsedVariables(baseJobTemplate json.RawMessage) map[string]bool {
	found := &findings{}
	t := readTemplate(found, Inputs{BaseJobTemplate: baseJobTemplate}, subject{})
	used := map[string]bool{"env": true}
	for name := range placeholders(t.configuration, jobVariable) {
		used[pathKeys(name)[0]] = true
	}
	return used
}
