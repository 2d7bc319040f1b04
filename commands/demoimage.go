package commands

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// The demo's images. Their `prefect` is this program.
const (
	demoWorkerImage = "ecsctl/worker:demo"
	demoFlowImage   = "ecsctl/hello:demo"
)

// demoPrograms is the `prefect` in the demo's images: what the guide's service calls is
// the worker, and what a flow run's task calls is the flow runner. The worker polls each
// second, so that nobody waits, and answers health checks where nobody else does.
const demoPrograms = `#!/bin/sh
case "$1 $2" in
"worker start") PREFECT_WORKER_QUERY_SECONDS=1 PREFECT_WORKER_WEBSERVER_PORT=%s exec '%s' "$@" ;;
"flow-run execute") exec '%s' demo flow-run ;;
*) echo "the demo's image has no prefect $1 $2" >&2; exit 2 ;;
esac
`

// makeImages writes the programs of the images and returns which directory they are in.
func (d *demo) makeImages() (map[string]string, error) {
	binary, err := thisProgram()
	if err != nil {
		return nil, err
	}
	d.binary = binary
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(d.dir, "image")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("failed to make the demo's image: %w", err)
	}
	script := fmt.Sprintf(demoPrograms, port, binary, binary)
	if err := os.WriteFile(filepath.Join(dir, "prefect"), []byte(script), 0o700); err != nil {
		return nil, fmt.Errorf("failed to make the demo's image: %w", err)
	}
	return map[string]string{"ecsctl/*": dir}, nil
}

// thisProgram goes by the name that it was called by, which may be one of several.
func thisProgram() (string, error) {
	path, err := exec.LookPath(os.Args[0])
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", fmt.Errorf("failed to find this program: %w", err)
	}
	return path, nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("failed to find a free port: %w", err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil
}
