// Embed turns texts into vectors and prints the pairs that are nearest in meaning.
//
//	go run ./examples/embed -region us-east-1 "a cat" "a kitten" "a bill of lading"
//	go run ./examples/embed - < lines.txt
package main

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strings"

	"example.com/bedrock"
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.titan-embed-text-v2:0", "embedding model: id, inference profile or ARN")
	flag.Parse()
	texts, err := read(flag.Args())
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	got, err := client.Embed(ctx, *model, texts, bedrock.EmbedProgress(func(done, total int) {
		fmt.Fprintf(os.Stderr, "\r%d of %d texts", done, total)
	}))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		log.Fatal(err)
	}
	type pair struct {
		a, b   string
		cosine float64
	}
	var pairs []pair
	for i, a := range got.Vectors {
		for j, b := range got.Vectors[:i] {
			pairs = append(pairs, pair{texts[j], texts[i], dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b))})
		}
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return cmp.Compare(q.cosine, p.cosine) })
	for _, p := range pairs[:min(len(pairs), 5)] {
		fmt.Printf("%.3f  %s | %s\n", p.cosine, p.a, p.b)
	}
	fmt.Printf("%d tokens\n", got.Tokens.Input)
}

// read returns the arguments, the lines of standard input for "-", or texts made up.
func read(args []string) (texts []string, err error) {
	if len(args) == 0 {
		return []string{"The cat sleeps on the sofa.", "A cat sleeps on a sofa.", "The train to Rome is late.", "Rome has a new train."}, nil
	}
	if !slices.Equal(args, []string{"-"}) {
		return args, nil
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if text := strings.TrimSpace(lines.Text()); text != "" {
			texts = append(texts, text)
		}
	}
	return texts, lines.Err()
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
