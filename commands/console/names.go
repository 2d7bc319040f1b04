package console

import (
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// arns matches ARNs in text, with what may follow one in a sentence.
var arns = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:[^\s"'` + "`" + `,;()\[\]]+`)

// Named returns text for people: as it is if verbose, else with the ARNs of the account and region that the command
// works in as their resources, such as role/NAME, and links to them where w has links. ARNs of elsewhere stay whole,
// since the account or region is what matters of them, and so do those in commands to copy, between backticks.
func Named(ctx context.Context, w io.Writer, verbose bool, text string) string {
	if verbose || !strings.Contains(text, "arn:") {
		return text
	}
	r := ReportingOf(ctx)
	r.identify(ctx)
	parts := strings.Split(text, "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = arns.ReplaceAllStringFunc(parts[i], func(found string) string {
			whole := strings.TrimRight(found, ".:")
			return r.nameOf(ctx, w, whole) + found[len(whole):]
		})
	}
	return strings.Join(parts, "`")
}

func (r *Reporting) nameOf(ctx context.Context, w io.Writer, text string) string {
	a, err := arn.Parse(text)
	if err != nil || a.AccountID != r.head.Account || a.Region != "" && a.Region != r.head.Region {
		return text
	}
	return LinkARN(ctx, w, a.Resource, text)
}
