package spec

import (
	"cmp"
	"fmt"

	"ecsctl/image"
	"ecsctl/internal/fargate"
	"ecsctl/internal/hint"
)

// UseBinary reads the binary that goes into the worker's image and returns the Spec
// with its architecture. A Spec that makes no image stays as it is, without a binary.
func (s Spec) UseBinary() (Spec, *image.Binary, error) {
	s.Worker.Runtime = cmp.Or(s.Worker.Runtime, DefaultRuntime)
	if !s.MakesImage() {
		return s, nil, nil
	}
	binary, err := image.ReadBinary(s.Worker.Binary)
	if err != nil {
		return s, nil, hint.Also(err,
			"or name an image of your own with --image, or take the official worker with --runtime prefect")
	}
	architecture := ArchitectureOf(binary)
	switch s.Worker.Architecture {
	case architecture:
	case "":
		s.Worker.Architecture = architecture
	case fargate.ArchitectureX86, fargate.ArchitectureARM:
		err := fmt.Errorf("%q is for %s, and the worker's architecture is to be %s", binary.Path, architecture,
			s.Worker.Architecture)
		return s, nil, hint.Add(err,
			fmt.Sprintf("give the ecsctl of a release's ecsctl_VERSION_linux_%s.tar.gz with --binary, or leave out "+
				"--architecture", ociArchitecture(s.Worker.Architecture)))
	}
	return s, binary, nil // what is no architecture is for Validate to say
}

// ArchitectureOf is the architecture of a binary, in the words of ECS.
func ArchitectureOf(binary *image.Binary) string { return ecsArchitectures[binary.Architecture] }

// ecsArchitectures are the words of ECS for those of OCI.
var ecsArchitectures = map[string]string{image.AMD64: fargate.ArchitectureX86, image.ARM64: fargate.ArchitectureARM}

func ociArchitecture(ecs string) string {
	if ecs == fargate.ArchitectureARM {
		return image.ARM64
	}
	return image.AMD64
}

// WorkerPlatform is the architecture that was asked for the worker, in the words of OCI;
// "" when none was.
func (s Spec) WorkerPlatform() string {
	for oci, ecs := range ecsArchitectures {
		if ecs == s.Worker.Architecture {
			return oci
		}
	}
	return ""
}
