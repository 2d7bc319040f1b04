package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// checkEFS holds what an EFS volume says of itself against the rules of the ECS API (EFSVolumeConfiguration,
// EFSAuthorizationConfig). The sandbox has no EFS: whether the file system is there is not looked at.
func checkEFS(v types.Volume) error {
	efs := v.EfsVolumeConfiguration
	if efs == nil {
		return nil
	}
	name, encrypted := aws.ToString(v.Name), efs.TransitEncryption == types.EFSTransitEncryptionEnabled
	if efs.TransitEncryptionPort != nil && !encrypted {
		return clientError("Volume '%s': transitEncryptionPort needs transitEncryption ENABLED.", name)
	}
	auth := efs.AuthorizationConfig
	if auth == nil {
		return nil
	}
	point := aws.ToString(auth.AccessPointId)
	switch root := aws.ToString(efs.RootDirectory); {
	case point != "" && root != "" && root != "/":
		return clientError("Volume '%s': with an access point, rootDirectory must be / or left out.", name)
	case point != "" && !encrypted:
		return clientError("Volume '%s': an access point needs transitEncryption ENABLED.", name)
	case auth.Iam == types.EFSAuthorizationConfigIAMEnabled && !encrypted:
		return clientError("Volume '%s': IAM authorization needs transitEncryption ENABLED.", name)
	}
	return nil
}
