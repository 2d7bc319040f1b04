package commands

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/fargate"
)

// The prices in docs/costs.md are those that the wizard shows.
func TestDocsCosts(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(
		`(?m)^\| ([\d.]+) vCPU, ([\d.]+) GB \| (\$[\d.]+) \| (\$[\d.]+) \|`).FindAllStringSubmatch(string(raw), -1)
	if len(rows) < 3 {
		t.Fatalf("only %d sizes are in the table", len(rows))
	}
	for _, row := range rows {
		cpu, _ := strconv.ParseFloat(row[1], 64) // the pattern is that of a number
		memory, _ := strconv.ParseFloat(row[2], 64)
		for i, architecture := range []string{fargate.ArchitectureX86, fargate.ArchitectureARM} {
			price, known := fargate.MonthlyPrice(fargate.PriceRegion, architecture, int(cpu*1024), int(memory*1024))
			if want := fmt.Sprintf("$%.2f", price); !known || row[3+i] != want {
				t.Errorf("%s vCPU, %s GB of %s: the docs say %s, the wizard %s", row[1], row[2], architecture,
					row[3+i], want)
			}
		}
	}
	if !strings.Contains(string(raw), "of "+fargate.PricesOf) {
		t.Errorf("the docs do not say that the prices are of %s", fargate.PricesOf)
	}
}

// docs/configuration.md has every flag of bootstrap.
func TestDocsConfiguration(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range inputs.BootstrapFlags() {
		if name := f.Flag.Names()[0]; !strings.Contains(string(raw), "--"+name) {
			t.Errorf("docs/configuration.md does not have --%s", name)
		}
	}
}

// What checks the docs finds what is wrong with them.
func TestCheckLine(t *testing.T) {
	t.Parallel()
	app := newApp(console.Streams{})
	for line, want := range map[string]string{
		"ecsctl bootstrap --pool etl --yes":                "",
		"ecsctl worker start -p etl --limit 5":             "",
		"ecsctl sandbox --region eu-west-1 -- any thing":   "",
		"ecsctl policy worker --pool etl":                  "",
		"ecsctl bootstrap --pol etl":                       "there is no flag --pol",
		"ecsctl worker start --pool etl --watch":           "there is no flag --watch",
		"ecsctl worker stop":                               "there is no command ecsctl worker stop",
		"ecsctl provision --pool etl":                      "there is no command ecsctl provision",
		"ecsctl status --pool=etl --output json --nothing": "there is no flag --nothing",
	} {
		if got := checkLine(app, line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	d := doc{text: "`x`\n```\n$ ./ecsctl list | wc\nFOO=1 ecsctl status --pool x # why\n  - ecsctl logs && " +
		"true\necsctl: error: no\n```\n`ecsctl\nverify --pool x`\n"}
	if got := strings.Join(d.commands(),
		"\n"); got != "ecsctl list\necsctl status --pool x\necsctl logs\necsctl verify --pool x" {
		t.Errorf("found:\n%s", got)
	}
}
