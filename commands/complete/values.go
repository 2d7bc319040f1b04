package complete

import (
	"context"
	"io"
	"strings"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard"
	"ecsctl/internal/buildinfo"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/fargate"
	"ecsctl/provision/spec"
)

// fixedValues are the flags whose values are the same everywhere.
var fixedValues = map[string][]string{
	"output":               {inputs.OutputText, inputs.OutputJSON},
	"architecture":         {fargate.ArchitectureX86, fargate.ArchitectureARM},
	"assign-public-ip":     {spec.PublicIPAuto, spec.PublicIPEnabled, spec.PublicIPDisabled},
	"flow-run-launch-type": {"FARGATE", "FARGATE_SPOT", "EC2", "EXTERNAL"},
}

// shortNames are those of the flags here, which --name=value may have been typed with.
var shortNames = map[string]string{"p": "pool", "o": "output"}

// askedValues are the flags whose values are in the account or the Prefect server.
var askedValues = map[string]func(context.Context, provision.Options) ([]candidate, error){
	"pool": poolCandidates, "cluster": clusterCandidates, "vpc": vpcCandidates, "subnet": subnetCandidates,
	"region": regionCandidates,
}

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
	if values, ok := fixedValues[flag]; ok {
		out := make([]candidate, len(values))
		for i, v := range values {
			out[i] = candidate{word: v}
		}
		return out
	}
	ask, ok := askedValues[flag]
	if !ok {
		return nil
	}
	options, err := completionClients(ctx, line)
	if err != nil {
		return nil // see completeCommand
	}
	found, err := ask(ctx, options)
	if err != nil {
		return nil // see completeCommand
	}
	return found
}

// completionClients reach what the line means so far: its region, profile and so on.
func completionClients(ctx context.Context, line typed) (provision.Options, error) {
	want := spec.Spec{Region: line.flags["region"], Profile: line.flags["profile"]}
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
		out = append(out, candidate{c.Name, "cluster, " + wizard.Count(c.Tasks, "running task")})
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
