package bedrock

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"example.com/bedrock/internal/endpoint"
)

// RegionLatency is how long it takes to connect to Bedrock Runtime in a region.
type RegionLatency struct {
	Region  string
	Latency time.Duration // TCP and TLS, name look-up left out; 0 with an error
	Err     error         // nil: the endpoint was reached
}

// MeasureRegions connects once to each region's endpoint, all at the same time,
// and returns the latencies, nearest first, failures last. It is for a person, or
// for a program as it starts, to choose the region for [WithRegion]; nothing in this
// package routes by it, and near says nothing of quota or of where a
// cross-region inference profile serves a request.
//
// Endpoints, certificates and FIPS are as the environment and the profile say, no
// credentials are needed and no request is sent. A custom endpoint
// (AWS_ENDPOINT_URL_BEDROCK_RUNTIME) is measured for every region. A proxy isn't used. A connection
// that takes over 10 s is a failure.
func MeasureRegions(ctx context.Context, regions ...string) []RegionLatency {
	found := make([]RegionLatency, len(regions))
	cfg, err := config.LoadDefaultConfig(ctx)
	var wg sync.WaitGroup
	for i, region := range regions {
		found[i] = RegionLatency{Region: region, Err: err}
		if err != nil {
			continue
		}
		wg.Go(func() { found[i].Latency, found[i].Err = measure(ctx, cfg, region) })
	}
	wg.Wait()
	slices.SortStableFunc(found, func(a, b RegionLatency) int {
		if (a.Err == nil) != (b.Err == nil) {
			if a.Err == nil {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Latency, b.Latency)
	})
	return found
}

func measure(ctx context.Context, cfg aws.Config, region string) (time.Duration, error) {
	latency, err := endpoint.Measure(ctx, cfg, region)
	if err != nil {
		return 0, fmt.Errorf("bedrock: %w", err)
	}
	return latency, nil
}
