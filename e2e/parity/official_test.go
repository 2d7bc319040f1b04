//go:build e2e

package parity

import (
	"bufio"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/e2e/peers"
)

var (
	seed     = flag.Int64("parity.seed", 0, "seed of the generated jobs; 0 picks one, which the test prints")
	generate = flag.Int("parity.jobs", 120, "number of generated jobs")
	named    = flag.Int("parity.named", 100, "number of generated jobs that name a task definition")
	empties  = flag.Int("parity.empties", 800, "number of jobs in which something is empty")
	recorded = flag.String("parity.recorded", "", "file with what official.py has printed, in place of running it")
)

// outcome is one line of official.py: a job, its documents and what became of it.
type outcome struct {
	Case struct {
		Name       string                     `json:"name"`
		Difference string                     `json:"difference"`
		Worker     string                     `json:"worker"`
		WorkerID   string                     `json:"worker_id"`
		Settings   map[string]string          `json:"settings"`
		Environ    map[string]string          `json:"environ"`
		Blocks     map[string]json.RawMessage `json:"blocks"`
		BlocksByID map[string]json.RawMessage `json:"blocks_by_id"`
		Variables  map[string]json.RawMessage `json:"variables"`
	} `json:"case"`
	Objects map[string]json.RawMessage `json:"objects"`
	AWS     struct {
		Described []types.TaskDefinition `json:"described"`
		VPCs      []struct {
			ID      string   `json:"id"`
			Region  string   `json:"region"`
			Default bool     `json:"default"`
			Subnets []string `json:"subnets"`
		} `json:"vpcs"`
	} `json:"aws"`
	Official *requests `json:"official"`
	Refused  string    `json:"refused"`
}

// requests are what one of the two workers makes of a job.
type requests struct {
	Name     string         `json:"name"`
	Cluster  string         `json:"cluster"`
	Region   string         `json:"region"`
	Register map[string]any `json:"register"`
	Run      map[string]any `json:"run"`
}

type versions struct {
	Seed       int64  `json:"seed"`
	Prefect    string `json:"prefect"`
	PrefectAWS string `json:"prefect_aws"`
}

// runOfficial runs all jobs through the official worker.
func runOfficial(t *testing.T) (versions, []outcome) {
	t.Helper()
	if *recorded != "" {
		return readRecorded(t)
	}
	return runProgram(t, peers.Prefect3, "official.py", nil,
		"--generate", strconv.Itoa(*generate), "--named", strconv.Itoa(*named), "--empties", strconv.Itoa(*empties))
}

// runProgram runs a program of this folder that puts jobs through an official worker.
func runProgram(t *testing.T, venv, program string, env []string, args ...string) (versions, []outcome) {
	t.Helper()
	python, err := peers.Program(venv, "python")
	if err != nil {
		t.Fatal(err)
	}
	if *seed != 0 {
		args = append(args, "--seed", strconv.FormatInt(*seed, 10))
	}
	args = append([]string{filepath.Join(peers.Root(), "e2e", "parity", program)}, args...)
	command := exec.CommandContext(t.Context(), python, args...)
	command.Stderr, command.Env = os.Stderr, append(os.Environ(), env...)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	about, jobs := readOutcomes(t, bufio.NewReader(output))
	if err := command.Wait(); err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return about, jobs
}

func readRecorded(t *testing.T) (versions, []outcome) {
	t.Helper()
	file, err := os.Open(*recorded)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return readOutcomes(t, bufio.NewReader(file))
}

func readOutcomes(t *testing.T, output *bufio.Reader) (about versions, jobs []outcome) {
	t.Helper()
	decoder := json.NewDecoder(output)
	if err := decoder.Decode(&about); err != nil {
		t.Fatalf("failed to read the first line: %v", err)
	}
	for decoder.More() {
		var job outcome
		if err := decoder.Decode(&job); err != nil {
			t.Fatalf("failed to read job %d: %v", len(jobs), err)
		}
		jobs = append(jobs, job)
	}
	return about, jobs
}
