package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

func clientError(format string, args ...any) *wire.Error {
	return wire.Errorf("ClientException", format, args...)
}

func invalid(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidParameterException", format, args...)
}

func clusterNotFound() *wire.Error {
	return wire.Errorf("ClusterNotFoundException", "Cluster not found.")
}

func serviceNotFound() *wire.Error {
	return wire.Errorf("ServiceNotFoundException", "Service not found.")
}

// missing is how Describe operations report one thing that is not there.
func missing(arn string) types.Failure {
	return types.Failure{Arn: &arn, Reason: aws.String("MISSING")}
}

var badToken = invalid("Invalid token.")

// pageSize checks maxResults; ECS allows 100 everywhere but in ListServices' default.
func pageSize(maxResults *int32, def int) (int, error) {
	if maxResults == nil {
		return def, nil
	}
	if *maxResults < 1 || *maxResults > 100 {
		return 0, invalid("maxResults must be between 1 and 100.")
	}
	return int(*maxResults), nil
}
