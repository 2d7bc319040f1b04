package sandbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox"
)

// EFS volumes that ECS refuses are refused when they are registered.
func TestEFSVolumes(t *testing.T) {
	t.Parallel()
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	api := ecs.NewFromConfig(server.Config())
	const on = types.EFSTransitEncryptionEnabled
	point := &types.EFSAuthorizationConfig{AccessPointId: aws.String("fsap-1")}
	for name, test := range map[string]struct {
		volume types.EFSVolumeConfiguration
		says   string
	}{
		"plain":        {types.EFSVolumeConfiguration{RootDirectory: aws.String("/data")}, ""},
		"access point": {types.EFSVolumeConfiguration{TransitEncryption: on, AuthorizationConfig: point}, ""},
		"access point in the clear": {types.EFSVolumeConfiguration{AuthorizationConfig: point},
			"an access point needs transitEncryption"},
		"access point and folder": {types.EFSVolumeConfiguration{TransitEncryption: on, AuthorizationConfig: point,
			RootDirectory: aws.String("/data")}, "rootDirectory must be /"},
		"IAM in the clear": {types.EFSVolumeConfiguration{AuthorizationConfig: &types.EFSAuthorizationConfig{
			Iam: types.EFSAuthorizationConfigIAMEnabled}}, "IAM authorization needs transitEncryption"},
		"a port for nothing": {types.EFSVolumeConfiguration{TransitEncryptionPort: aws.Int32(2999)},
			"transitEncryptionPort needs transitEncryption"},
	} {
		test.volume.FileSystemId = aws.String("fs-0123456789abcdef0")
		_, err := api.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
			Family: aws.String("efs"), Cpu: aws.String("256"), Memory: aws.String("512"),
			NetworkMode:             types.NetworkModeAwsvpc,
			RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
			Volumes:                 []types.Volume{{Name: aws.String("v"), EfsVolumeConfiguration: &test.volume}},
			ContainerDefinitions:    []types.ContainerDefinition{{Name: aws.String("c"), Image: aws.String("i")}},
		})
		if test.says == "" && err != nil || test.says != "" &&
			(err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s: got %v, want %q", name, err, test.says)
		}
	}
}
