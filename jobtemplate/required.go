package jobtemplate

// requiredMembers are the members that AWS wants in each shape of the two requests.
// The SDK's schemas do not carry them; a test compares the list with what the SDK's
// own validation refuses.
var requiredMembers = map[string][]string{
	"AwsVpcConfiguration":                     {"subnets"},
	"CapacityProviderStrategyItem":            {"capacityProvider"},
	"ContainerDependency":                     {"containerName", "condition"},
	"ContainerRestartPolicy":                  {"enabled"},
	"Device":                                  {"hostPath"},
	"EBSTagSpecification":                     {"resourceType"},
	"EFSVolumeConfiguration":                  {"fileSystemId"},
	"EnvironmentFile":                         {"value", "type"},
	"EphemeralStorage":                        {"sizeInGiB"},
	"FSxWindowsFileServerAuthorizationConfig": {"credentialsParameter", "domain"},
	"FSxWindowsFileServerVolumeConfiguration": {"fileSystemId", "rootDirectory", "authorizationConfig"},
	"FirelensConfiguration":                   {"type"},
	"HealthCheck":                             {"command"},
	"HostEntry":                               {"hostname", "ipAddress"},
	"InferenceAccelerator":                    {"deviceName", "deviceType"},
	"LogConfiguration":                        {"logDriver"},
	"ProxyConfiguration":                      {"containerName"},
	"RegisterTaskDefinitionRequest":           {"family", "containerDefinitions"},
	"RepositoryCredentials":                   {"credentialsParameter"},
	"ResourceRequirement":                     {"value", "type"},
	"RunTaskRequest":                          {"taskDefinition"},
	"S3FilesVolumeConfiguration":              {"fileSystemArn"},
	"Secret":                                  {"name", "valueFrom"},
	"TaskManagedEBSVolumeConfiguration":       {"roleArn"},
	"TaskManagedEBSVolumeTerminationPolicy":   {"deleteOnTermination"},
	"TaskVolumeConfiguration":                 {"name"},
	"Tmpfs":                                   {"containerPath", "size"},
	"Ulimit":                                  {"name", "softLimit", "hardLimit"},
}
