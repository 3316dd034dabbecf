package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The two pictures that take seconds stand for the other two, which are made of the same parts.
func TestPicturesAreThoseOfTheDocsByteForByte(t *testing.T) {
	for name, picture := range map[string]func() (*figure, error){"seats.svg": seats, "rest.svg": rest} {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("../../docs/odds", name))
			if err != nil {
				t.Fatal(err)
			}
			for run := range 2 {
				f, err := picture()
				if err != nil {
					t.Fatal(err)
				}
				if got := f.svg(); !bytes.Equal(got, want) {
					t.Fatalf("run %d drew %d bytes that differ from the %d in docs/odds: make plots", run, len(got), len(want))
				}
			}
		})
	}
}

func TestOurRuleOfRestIsTheProtocolsDefault(t *testing.T) {
	protocol := readDoc(t, "protocol.md")
	for _, want := range []string{
		fmt.Sprintf("`max_resting_share` (%.2f)", float64(ourRest.maxShare.Num)/float64(ourRest.maxShare.Den)),
		fmt.Sprintf("`min_pool_factor` (%d)", ourRest.minPool),
	} {
		if !strings.Contains(protocol, want) {
			t.Errorf("docs/protocol.md does not say %s, which is what the pictures draw as ours", want)
		}
	}
}

func TestTheTableOfErasServedIsWhatTheSimulationGives(t *testing.T) {
	readme, weights := readDoc(t, "odds/README.md"), zipf(seatsPoolCount, 10)
	total := 0.0
	for _, weight := range weights {
		total += float64(weight)
	}
	for name, rule := range map[string]restRule{"no rest": noRest, "members rest (10 %)": ourRest} {
		served, err := tallySeats(newNetwork("seats", committeeSize, weights, rule))
		if err != nil {
			t.Fatal(err)
		}
		for who, i := range map[string]int{"heaviest": 0, "lightest": seatsPoolCount - 1} {
			share := float64(weights[i]) / total
			want := fmt.Sprintf("| the %s, %s | %.2f %% | %.1f | %.1f | %d |\n",
				who, name, 100*share, eras*committeeSize*share, served.expected[i], served.seated[i])
			if !strings.Contains(readme, want) {
				t.Errorf("docs/odds/README.md lacks the row %s", want)
			}
		}
	}
}

func readDoc(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
