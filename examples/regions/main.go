// Regions measures how long it takes to connect to Bedrock in some regions, for a
// person to choose by. Nothing routes by it.
//
//	go run ./examples/regions us-east-1 us-west-2 eu-central-1
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"example.com/bedrock"
)

func main() {
	flag.Parse()
	regions := flag.Args()
	if len(regions) == 0 {
		regions = []string{"us-east-1", "us-east-2", "us-west-2", "ca-central-1", "sa-east-1", "eu-west-1", "eu-central-1",
			"eu-north-1", "ap-south-1", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2"}
	}
	reached := 0
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REGION\tTCP+TLS")
	for _, r := range bedrock.MeasureRegions(context.Background(), regions...) {
		if r.Err != nil {
			fmt.Fprintf(w, "%s\t%v\n", r.Region, r.Err)
			continue
		}
		fmt.Fprintf(w, "%s\t%v\n", r.Region, r.Latency.Round(100*time.Microsecond))
		reached++
	}
	w.Flush()
	if reached == 0 {
		os.Exit(1)
	}
}
