package complete

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard"
	"ecsctl/internal/buildinfo"
	"ecsctl/internal/english"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/handover"
	"ecsctl/provision/spec"
)

// fixedValues are the flags whose values are the same everywhere, beside those of inputs.Choices.
var fixedValues = map[string][]string{
	"output":         {inputs.OutputText, inputs.OutputJSON},
	"running":        {provision.RunningWait, provision.RunningStop, provision.RunningLeave},
	"platform":       {"linux/amd64", "linux/arm64"},
	"compression":    {"zstd", "gzip"},
	"from":           {"image", "git", "inline"},
	"type":           {wizard.ECSPoolType},
	"format":         handover.Formats,
	"install-policy": {"always", "if-not-present", "never", "prompt"},
}

// shortNames are those of the flags here, which --name=value may have been typed with.
var shortNames = map[string]string{"p": "pool", "o": "output"}

// askedValues are the flags whose values are in the account or the Prefect server.
var askedValues = map[string]func(context.Context, provision.Options) ([]candidate, error){
	"pool": poolCandidates, "worker-of": poolCandidates,
	"cluster": clusterCandidates, "vpc": vpcCandidates, "subnet": subnetCandidates,
	"region": regionCandidates, "flow-run": flowRunCandidates, "deployment": deploymentCandidates,
}

// argumentValues are the commands whose argument is something in the account or the Prefect server.
var argumentValues = map[string][]func(context.Context, provision.Options) ([]candidate, error){
	"open": {poolCandidates, flowRunCandidates},
}

// files stands for the names of files, which the shell itself knows. No command, flag or value begins so.
var files = []candidate{{word: ":files"}}

// fileFlag matches the description of a flag whose value is a file or a directory.
var fileFlag = regexp.MustCompile("(?:^|[^`])`(?:FILE|DIR)|`PATH` of this machine")

// flagValues are the values that a flag could have; none when that cannot be found out.
func flagValues(ctx context.Context, line typed, flag string) []candidate {
	if long, ok := shortNames[flag]; ok {
		flag = long
	}
	if flag == "runtime" {
		var out []candidate
		for _, r := range spec.Runtimes() {
			out = append(out, candidate{r.Name, r.About})
		}
		return out
	}
	values, ok := fixedValues[flag]
	if !ok {
		values, ok = inputs.Choices()[flag]
	}
	if ok {
		out := make([]candidate, len(values))
		for i, v := range values {
			out[i] = candidate{word: v}
		}
		return out
	}
	if ask, ok := askedValues[flag]; ok {
		return asked(ctx, line, ask)
	}
	if fileFlag.MatchString(usageOf(line, flag)) {
		return files
	}
	return nil
}

// asked are what can be found out. What cannot is left out: see CompleteCommand.
func asked(ctx context.Context, line typed,
	all ...func(context.Context, provision.Options) ([]candidate, error)) []candidate {
	options, err := completionClients(ctx, line)
	if err != nil {
		return nil
	}
	var out []candidate
	for _, ask := range all {
		if found, err := ask(ctx, options); err == nil {
			out = append(out, found...)
		}
	}
	return out
}

// usageOf is what a flag of the command is for.
func usageOf(line typed, name string) string {
	for _, f := range flagList(line.command, nil) {
		if doc, ok := f.(cli.DocGenerationFlag); ok && slices.Contains(f.Names(), name) {
			return doc.GetUsage()
		}
	}
	return ""
}

// arguments are what the command could be given behind its flags: a pool, where it takes none else.
func arguments(ctx context.Context, line typed) []candidate {
	c := line.command
	if c == nil || len(c.Subcommands) > 0 {
		return nil
	}
	if all, ok := argumentValues[c.Name]; ok {
		return asked(ctx, line, all...)
	}
	switch takesPool := slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return f.Names()[0] == "pool" }); {
	case strings.Contains(c.ArgsUsage, "FILE"), strings.Contains(c.ArgsUsage, "DIR"):
		return files
	case c.ArgsUsage == "" && takesPool && line.flags["pool"] == "":
		return asked(ctx, line, poolCandidates)
	}
	return nil
}

// completionClients reach what the line means so far: its region, profile and so on.
func completionClients(ctx context.Context, line typed) (provision.Options, error) {
	want := spec.Spec{Pool: line.flags["pool"], Region: line.flags["region"], Profile: line.flags["profile"]}
	want.Network.VPC = line.flags["vpc"]
	want.Prefect = spec.Prefect{APIURL: line.flags["prefect-api-url"], Profile: line.flags["prefect-profile"]}
	nobody := console.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}
	options := provision.Options{Version: buildinfo.Version(), Logger: inputs.NewLogger(io.Discard, false)}
	settings, err := inputs.DiscoverPrefect(ctx, want.Prefect, nobody)
	if err != nil {
		return options, err
	}
	var api *prefect.Client
	if settings.APIURL != "" {
		if api, err = inputs.PrefectClient(settings, nobody, &options); err != nil {
			return options, err
		}
	}
	ctx = provision.WithCodes(ctx, nil) // a shell completes, and nobody answers
	return options, inputs.ConnectAWS(ctx, want, &options, api)
}

func poolCandidates(ctx context.Context, o provision.Options) ([]candidate, error) {
	if o.Clients.Prefect == nil {
		return nil, prefect.ErrNoAPIURL
	}
	pools, err := o.Clients.Prefect.WorkPools(ctx)
	var out []candidate
	for _, p := range pools {
		if p.Type == wizard.ECSPoolType {
			out = append(out, candidate{p.Name, "work pool"})
		}
	}
	return out, err
}

func clusterCandidates(ctx context.Context, o provision.Options) ([]candidate, error) {
	clusters, err := provision.Clusters(ctx, o.Clients)
	var out []candidate
	for _, c := range clusters {
		out = append(out, candidate{c.Name, "cluster, " + english.Count(c.Tasks, "running task")})
	}
	return out, err
}

func vpcCandidates(ctx context.Context, o provision.Options) ([]candidate, error) {
	vpcs, err := provision.VPCs(ctx, o.Clients)
	var out []candidate
	for _, v := range vpcs {
		out = append(out, candidate{v.ID, strings.TrimSpace(wizard.VPCLabel(v))})
	}
	return out, err
}

func subnetCandidates(ctx context.Context, o provision.Options) ([]candidate, error) {
	vpc, err := provision.VPCOf(ctx, o.Clients, o.Spec.Network)
	if err != nil {
		return nil, err
	}
	choices, err := provision.Subnets(ctx, o.Clients, vpc)
	var out []candidate
	for _, s := range choices.Subnets {
		out = append(out, candidate{s.ID, s.Zone + ", " + s.Way})
	}
	return out, err
}

func regionCandidates(ctx context.Context, o provision.Options) ([]candidate, error) {
	regions, err := provision.Regions(ctx, o.Clients)
	var out []candidate
	for _, r := range regions {
		out = append(out, candidate{r, "region"})
	}
	return out, err
}

// runsOffered is how many flow runs are offered: the newest, as a shell shows all that it is given.
const runsOffered = 50

func flowRunCandidates(ctx context.Context, o provision.Options) ([]candidate, error) {
	if o.Clients.Prefect == nil {
		return nil, prefect.ErrNoAPIURL
	}
	filter := prefect.FlowRunFilter{Limit: runsOffered, Sort: "EXPECTED_START_TIME_DESC"}
	if o.Spec.Pool != "" {
		filter.WorkPoolNames = []string{o.Spec.Pool}
	}
	runs, err := o.Clients.Prefect.FilterFlowRuns(ctx, filter)
	var out []candidate
	for _, r := range runs {
		out = append(out, candidate{r.Name, "flow run, " + r.StateName})
	}
	return out, err
}

func deploymentCandidates(ctx context.Context, o provision.Options) ([]candidate, error) {
	if o.Clients.Prefect == nil {
		return nil, prefect.ErrNoAPIURL
	}
	deployments, err := o.Clients.Prefect.Deployments(ctx, o.Spec.Pool)
	if err != nil {
		return nil, err
	}
	out := make([]candidate, len(deployments))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i, d := range deployments {
		group.Go(func() error {
			flow, err := o.Clients.Prefect.ReadFlow(ctx, d.FlowID)
			if err == nil {
				out[i] = candidate{flow.Name + "/" + d.Name, "deployment"}
			}
			return err
		})
	}
	return out, group.Wait()
}
