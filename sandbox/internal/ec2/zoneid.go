package ec2

import (
	"fmt"
	"strings"
)

// zoneID shortens a region as AWS does: us-east-1 becomes use1-az1.
func zoneID(region string, n int) string {
	parts := strings.Split(region, "-")
	short := parts[0]
	for _, p := range parts[1 : len(parts)-1] {
		short += p[:1]
	}
	return fmt.Sprintf("%s%s-az%d", short, parts[len(parts)-1], n)
}
