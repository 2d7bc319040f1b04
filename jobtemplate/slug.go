package jobtemplate

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

var (
	entity        = regexp.MustCompile(`&([A-Za-z0-9]+);`)
	decimalRef    = regexp.MustCompile(`&#([0-9]+);`)
	hexRef        = regexp.MustCompile(`&#x([0-9a-fA-F]+);`)
	quotes        = regexp.MustCompile(`'+`)
	thousands     = regexp.MustCompile(`([0-9]),([0-9])`)
	notInTags     = regexp.MustCompile(`[^a-zA-Z0-9_./=+:@-]`)
	notInFamilies = regexp.MustCompile(`[^a-zA-Z0-9_-]+`)
	dashes        = regexp.MustCompile(`-{2,}`)
)

// tagText replaces the characters that ECS refuses in tags. The steps are those of
// Python's slugify as the official worker calls it, so that equal names give equal tags.
func tagText(text string) string {
	text = norm.NFKC.String(quotes.ReplaceAllString(text, "-"))
	text = norm.NFKC.String(decodeEntities(text))
	text = strings.ReplaceAll(text, "'", "")
	// Twice, because matches do not overlap: "1,2,3".
	text = thousands.ReplaceAllString(thousands.ReplaceAllString(text, "$1$2"), "$1$2")
	text = notInTags.ReplaceAllString(text, "-")
	return strings.Trim(dashes.ReplaceAllString(text, "-"), "-")
}

// maxFamily is how long the name of a family may be.
const maxFamily = 255

// familyText replaces the characters that ECS refuses in the name of a family.
func familyText(text string) string {
	text = strings.Trim(notInFamilies.ReplaceAllString(text, "-"), "-")
	return text[:min(len(text), maxFamily)]
}

// FamilyPrefix is how the families begin in which a worker registers the flow runs of a
// pool that name none; the id of a deployment or a flow follows.
func FamilyPrefix(pool string) string { return familyText("prefect_" + pool + "_") }

// FamilyPattern matches these families, in the language of IAM. (The official worker fails on a pool whose
// name has what ECS refuses in a family: it slugs the family and drops the result.) The form
// of the id keeps out the families of pools whose names go on where this one ends. What
// FamilyPrefix leaves is ASCII, as IAM wants it.
func FamilyPattern(pool string) string {
	pattern := FamilyPrefix(pool) + "????????-????-????-????-????????????"
	return pattern[:min(len(pattern), maxFamily)]
}

func decodeEntities(text string) string {
	text = entity.ReplaceAllStringFunc(text, func(whole string) string {
		if char, known := xml.HTMLEntity[whole[1:len(whole)-1]]; known {
			return char
		}
		return whole
	})
	return decodeReferences(decodeReferences(text, decimalRef, 10), hexRef, 16)
}

// decodeReferences decodes the numeric references of one kind, or none of them when
// one is no character.
func decodeReferences(text string, pattern *regexp.Regexp, base int) string {
	for _, found := range pattern.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.ParseInt(found[1], base, 64); err != nil || n > 0x10ffff {
			return text
		}
	}
	return pattern.ReplaceAllStringFunc(text, func(whole string) string {
		n, _ := strconv.ParseInt(pattern.FindStringSubmatch(whole)[1], base, 64)
		return string(rune(n))
	})
}
