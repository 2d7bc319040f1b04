package fargate

// hoursPerMonth is what AWS's own calculators reckon with.
const hoursPerMonth = 730

// PricesOf is the month that the price table is of. The prices are those of Linux
// tasks on demand, in US dollars, without tax, discounts and public IP addresses.
const PricesOf = "June 2026"

// PriceRegion is a region that the table surely has, to give an idea of the price
// where a region's own is not known.
const PriceRegion = "us-east-1"

// hourly are the prices of a vCPU and of a GB of memory for an hour.
type hourly struct{ vcpu, gb float64 }

// prices hold only what could be read in public sources (docs/aws-notes.md lists them);
// a price that is not there is not known, and that is said.
var prices = map[string]map[string]hourly{
	"us-east-1": {ArchitectureX86: {0.04048, 0.004445}, ArchitectureARM: {0.03238, 0.00356}},
}

// What else of a set-up costs money, in US dollars; docs/aws-notes.md has the sources.
const (
	// AddressPrice is of a public IPv4 address for a month.
	AddressPrice = 0.005 * hoursPerMonth
	// SecretPrice is of a secret in Secrets Manager for a month.
	SecretPrice = 0.40
	// LogPrice is of a GB of log lines in CloudWatch, in PriceRegion.
	LogPrice = 0.50
)

// PricedRegion is the region whose prices stand for those of another: itself where the table has
// them, PriceRegion otherwise.
func PricedRegion(region, architecture string) string {
	if _, known := prices[region][architecture]; known {
		return region
	}
	return PriceRegion
}

// HourlyPrice is what a Fargate task of cpu CPU units and memory MiB costs in US dollars
// an hour; known is false when the table does not have it.
func HourlyPrice(region, architecture string, cpu, memory int) (dollars float64, known bool) {
	price, known := prices[region][architecture]
	return float64(cpu)/1024*price.vcpu + float64(memory)/1024*price.gb, known
}

// MonthlyPrice is what it costs when it runs for a month.
func MonthlyPrice(region, architecture string, cpu, memory int) (dollars float64, known bool) {
	dollars, known = HourlyPrice(region, architecture, cpu, memory)
	return dollars * hoursPerMonth, known
}
