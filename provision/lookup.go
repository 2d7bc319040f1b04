package provision

import (
	"context"
	"strings"

	"ecsctl/provision/spec"
)

// Exit is how traffic of a subnet leaves it.
type Exit string

// The exits. Only addresses with a public IP get out of a public subnet.
const (
	ExitNone    Exit = "none"
	ExitPublic  Exit = "public"
	ExitPrivate Exit = "private"
)

// Way is a subnet and how its traffic leaves it. Why is there with ExitNone.
type Way struct {
	Subnet, Zone string
	Exit         Exit
	Why          string
}

// Ways are the ways out of a network. PublicIP reports whether tasks get public addresses.
type Ways struct {
	VPC      string
	Subnets  []Way
	PublicIP bool
	Warnings []string
}

// FindWays finds the network as bootstrap does and says how tasks get out of it. That a
// subnet which the user named has no way out is no error.
func FindWays(ctx context.Context, c *Clients, want spec.Network) (Ways, error) {
	finder := &networkFinder{api: c.EC2, want: want}
	chosen, err := finder.get(ctx)
	if err != nil {
		return Ways{}, err
	}
	finder.warn()
	chosen.warnings = finder.found().warnings
	return waysOf(chosen), nil
}

func waysOf(chosen chosenNetwork) Ways {
	out := Ways{VPC: chosen.vpc, PublicIP: chosen.publicIP, Warnings: chosen.warnings}
	kinds := map[exitKind]Exit{exitNone: ExitNone, exitPublic: ExitPublic, exitPrivate: ExitPrivate}
	for _, s := range chosen.subnets {
		out.Subnets = append(out.Subnets, Way{Subnet: s.id, Zone: s.zone, Exit: kinds[s.out.kind], Why: s.out.why})
	}
	return out
}

// OfficialImage is the image of the official worker that bootstrap takes for a server.
func OfficialImage(server Server) string {
	if server.prefect2() {
		return prefect2Image
	}
	return prefect3Image
}

// IAMPrincipal is the ARN whose policies decide what the caller may do: that of the user,
// or of the role behind a session. Roles in a path keep it out of the session's ARN.
func (i Identity) IAMPrincipal() (arn, roleName string) {
	_, session, ok := strings.Cut(i.Caller, ":assumed-role/")
	if !ok {
		return i.Caller, ""
	}
	roleName, _, _ = strings.Cut(session, "/")
	return i.roleARN(roleName), roleName
}
