package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ecsctl/commands/inputs"
	"ecsctl/image"
	"ecsctl/internal/executable"
	"ecsctl/internal/ownport"
	"ecsctl/provision/spec"
)

// The images that stand in for others in the demo. Their `prefect` is this program.
const (
	demoWorkerImage = "ecsctl/worker:demo"
	demoFlowImage   = "ecsctl/hello:demo"
)

// demoPrograms is the `prefect` in these images: what a flow run's task calls is the flow
// runner, and what the guide's service calls is the worker.
const demoPrograms = `#!/bin/sh
case "$1 $2" in
"worker start") %s exec ecsctl "$@" ;;
"flow-run execute") exec ecsctl demo flow-run ;;
*) echo "the demo's image has no prefect $1 $2" >&2; exit 2 ;;
esac
`

// workerArgs choose the demo's worker: the image that bootstrap makes of this program
// and pushes, or where this program is none for a container of its own (macOS, Windows, a
// build with a C library), an image that stands in for the official worker's.
func (d *demo) workerArgs() []string {
	if _, err := image.ReadBinary(d.binary); err != nil {
		return []string{"--runtime", spec.RuntimePrefect, "--image", demoWorkerImage}
	}
	return nil
}

// demoWorkerEnv lets a worker poll each second, so that nobody waits.
func demoWorkerEnv() ([]string, error) {
	env, err := ownHealthPort()
	return append(env, "PREFECT_WORKER_QUERY_SECONDS=1"), err
}

// makeImages writes the programs of the images and returns which directory they are in.
func (d *demo) makeImages() (map[string]string, error) {
	binary, err := inputs.ThisProgram()
	if err != nil {
		return nil, err
	}
	d.binary = binary
	env, err := demoWorkerEnv()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(d.dir, "image")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("failed to make the demo's image: %w", err)
	}
	script := fmt.Sprintf(demoPrograms, strings.Join(env, " "))
	err = errors.Join(os.Symlink(binary, filepath.Join(dir, "ecsctl")),
		executable.Write(filepath.Join(dir, "prefect"), []byte(script)))
	if err != nil {
		return nil, fmt.Errorf("failed to make the demo's image: %w", err)
	}
	images := map[string]string{"ecsctl/*": dir}
	if d.real != nil {
		images[prefectImages] = d.real.programs
		// What a service of Prefect 2 installs before it starts its worker, this image has.
		if err := executable.Write(filepath.Join(dir, "pip"), []byte("#!/bin/sh\n")); err != nil {
			return nil, fmt.Errorf("failed to make the demo's image: %w", err)
		}
	}
	return images, nil
}

// ownHealthPort lets each worker answer health checks on a port of its own: in AWS each
// task has an address of its own, in the sandbox they share this machine's.
func ownHealthPort() ([]string, error) {
	port, err := ownport.Take()
	return []string{"PREFECT_WORKER_WEBSERVER_HOST=127.0.0.1", "PREFECT_WORKER_WEBSERVER_PORT=" + port}, err
}
