// Package region knows the names of AWS regions: their shape, how one may be misspelt
// and which inference profiles are called from it.
package region

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// shape is what all AWS regions look like: us-east-1, us-gov-west-1,
// us-isob-east-1, eusc-de-east-1. A name of this shape stays one label of the
// endpoint's host.
var shape = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$`)

const maxLen = 32

// Check refuses what is not the name of a region, and says how it is spelt or where
// else a region was looked for.
func Check(region string) error {
	switch {
	case region == "":
		return errors.New("no region: looked in WithRegion, AWS_REGION, AWS_DEFAULT_REGION and the profile's region; " +
			"set AWS_REGION or pass WithRegion, as in us-east-1")
	case strings.HasPrefix(region, "fips-") || strings.HasSuffix(region, "-fips"):
		return fmt.Errorf("region %q: give the region itself and set AWS_USE_FIPS_ENDPOINT=true", region)
	case len(region) > maxLen || !shape.MatchString(region):
		return fmt.Errorf("region %.40q is not the name of an AWS region, as in us-east-1%s", region, didYouMean(strings.ToLower(region)))
	}
	return nil
}

func didYouMean(region string) string {
	switch near := Nearest(region); {
	case slices.Contains(geographies, region):
		return fmt.Sprintf("; %s. begins the id of an inference profile, which is called from a region", region)
	case near != "":
		return "; did you mean " + near + "?"
	}
	return ""
}

// geographies are the first words of cross-region inference profile ids. Source:
// "Supported Regions and models for inference profiles".
var geographies = []string{"us", "eu", "apac", "jp", "au", "ca", "us-gov", "global"}

// OfProfile returns the model of a cross-region inference profile's id; false of other ids.
func OfProfile(id string) (model string, ok bool) {
	geography, model, ok := strings.Cut(id, ".")
	return model, ok && slices.Contains(geographies, geography)
}

// ProfilePrefixes names the geographies that can be called from a region, for a
// hint: which of them a model has is listed by ListInferenceProfiles.
func ProfilePrefixes(region string) []string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return []string{"us-gov."}
	case strings.HasPrefix(region, "cn-"), strings.HasPrefix(region, "us-iso"), strings.HasPrefix(region, "eusc-"):
		return nil
	case strings.HasPrefix(region, "us-"):
		return []string{"us.", "global."}
	case strings.HasPrefix(region, "ca-"):
		return []string{"us.", "ca.", "global."}
	case strings.HasPrefix(region, "eu-"):
		return []string{"eu.", "global."}
	case region == "ap-northeast-1" || region == "ap-northeast-3":
		return []string{"jp.", "apac.", "global."}
	case region == "ap-southeast-2" || region == "ap-southeast-4":
		return []string{"au.", "apac.", "global."}
	case strings.HasPrefix(region, "ap-"), region == "me-central-1":
		return []string{"apac.", "global."}
	}
	return []string{"global."}
}

// known serve to suggest a spelling; they bound nothing.
var known = strings.Fields(`us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1 mx-central-1 sa-east-1
	eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
	ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
	ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
	il-central-1 me-central-1 me-south-1 af-south-1 us-gov-east-1 us-gov-west-1`)

// Nearest returns the known region that is at most three typing slips away,
// "" if none is.
func Nearest(name string) string {
	if len(name) > maxLen {
		return ""
	}
	best, least := "", 4
	for _, r := range known {
		if d := slips(name, r); d < least {
			best, least = r, d
		}
	}
	return best
}

// slips counts the letters to insert, drop, change or swap with their neighbour to turn
// a into b (optimal string alignment).
func slips(a, b string) int {
	var before []int
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := prev[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, prev[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}
