package main

import (
	"fmt"
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

const (
	capturePool      = 1000 // candidates of equal stake
	captureElections = 100_000
)

type committee struct {
	size, threshold uint32
	color           color.NRGBA
}

var committees = []committee{{21, 12, vermillion}, {21, 15, blue}, {30, 21, green}}

// capture draws the chance that a coalition gets a committee's threshold of seats against its share of the stake.
func capture() (*figure, error) {
	f := newFigure("How likely a coalition is to capture a committee", fmt.Sprintf(
		"chance per era and contract; lines: closed form; dots: %s elections of the real code among %s candidates, with 95 %% bars",
		thousands(captureElections), thousands(capturePool)))
	p := capturePanel()
	counted, err := captureCounts()
	if err != nil {
		return nil, err
	}
	for _, c := range committees {
		line, dots := solid(c.color, 1.9), disc(c.color, 3.2)
		p.Add(lineOf(line, captureCurve(c)...))
		for _, percent := range capturePercents {
			seen := counted[captureKey{c.size, percent}]
			captured := 0
			for seats := int(c.threshold); seats <= int(c.size); seats++ {
				captured += seen[seats]
			}
			captureDot(p, c, percent, captured)
		}
		f.key(fmt.Sprintf("%d of %d", c.threshold, c.size), &line, &dots)
	}
	f.panel(p, "chance that it holds the threshold")
	return f, nil
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

const leastShown = 1e-9

func capturePanel() *plot.Plot {
	p := newPanel("coalition’s share of the stake")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 5, 50, leastShown, 1
	p.Y.Scale = plot.LogScale{}
	p.X.Tick.Marker = ticks([]float64{5, 10, 15, 20, 25, 30, 35, 40, 45, 50}, func(x float64) string { return fmt.Sprintf("%g %%", x) })
	var levels []float64
	for exponent := -9; exponent <= 0; exponent++ {
		levels = append(levels, math.Pow10(exponent))
	}
	p.Y.Tick.Marker = ticks(levels, chanceLabel)
	rules(p, levels)
	words := aligned(style(10, grey, false), text.XLeft, text.YBottom)
	for _, mark := range []struct {
		percent float64
		name    string
	}{{20, "1/5"}, {25, "1/4"}, {100.0 / 3, "1/3"}} {
		p.Add(lineOf(dashed(faded(grey, 0.55), 0.8), plotter.XY{X: mark.percent, Y: leastShown}, plotter.XY{X: mark.percent, Y: 1}))
		note(p, plotter.XY{X: mark.percent + 0.4, Y: leastShown * 1.35}, words, mark.name)
	}
	const limit = 1e-4
	p.Add(lineOf(dashed(ink, 0.9), plotter.XY{X: 5, Y: limit}, plotter.XY{X: 50, Y: limit}))
	note(p, plotter.XY{X: 5.5, Y: limit * 1.25}, words, "max_capture_chance, asked at 1/4")
	return p
}

// chanceLabel writes a power of ten as one in so many.
func chanceLabel(chance float64) string {
	names := []string{
		"1", "1 in 10", "1 in 100", "1 in 1,000", "1 in 10,000", "1 in 100,000", "1 in a million", "1 in 10 million", "1 in 100 million", "1 in a billion",
	}
	return names[int(math.Round(-math.Log10(chance)))]
}

// captureCurve is election.CaptureChance for shares in steps of a quarter of a percent.
func captureCurve(c committee) plotter.XYs {
	var curve plotter.XYs
	for quarter := uint64(20); quarter <= 200; quarter++ {
		chance := election.CaptureChance(c.size, c.threshold, quarter, 400).MustFloat64()
		if chance >= leastShown {
			curve = append(curve, plotter.XY{X: float64(quarter) / 4, Y: chance})
		}
	}
	return curve
}

// captureDot adds a simulated chance with its 95 % interval, where it was seen often enough to tell.
func captureDot(p *plot.Plot, c committee, percent, captured int) {
	const fewest = 8
	if captured < fewest {
		return
	}
	count, elections := float64(captured), float64(captureElections)
	// A count of rare events deviates by its square root.
	spread := 1.96 * math.Sqrt(count)
	at := func(n float64) plotter.XY { return plotter.XY{X: float64(percent), Y: max(leastShown, n/elections)} }
	p.Add(lineOf(solid(c.color, 1.1), at(count-min(spread, 0.9*count)), at(min(elections, count+spread))))
	p.Add(pointsOf(disc(c.color, 3.2), plotter.XYs{at(count)}))
	closed := election.CaptureChance(c.size, c.threshold, uint64(percent), 100).MustFloat64()
	fmt.Printf("capture, %d of %d at %d %%: %.3g simulated, %.3g closed form\n", c.threshold, c.size, percent, count/elections, closed)
}

var capturePercents = []int{10, 15, 20, 25, 30, 35, 40, 45, 50}

type captureKey struct {
	size    uint32
	percent int
}

// captureCounts counts elections by the coalition's seats, for every size of committee and share of stake.
func captureCounts() (map[captureKey][]int, error) {
	var lock sync.Mutex
	var wait sync.WaitGroup
	var failed error
	counts := map[captureKey][]int{}
	for _, size := range []uint32{21, 30} {
		for _, percent := range capturePercents {
			wait.Go(func() {
				seen, err := captureSeats(size, capturePool*percent/100)
				lock.Lock()
				defer lock.Unlock()
				if counts[captureKey{size, percent}] = seen; err != nil {
					failed = err
				}
			})
		}
	}
	wait.Wait()
	return counts, failed
}

func captureSeats(size uint32, coalition int) ([]int, error) {
	weights := make([]uint64, capturePool)
	for i := range weights {
		weights[i] = 1000
	}
	n, seen := newNetwork(fmt.Sprintf("capture/%d/%d", size, coalition), size, weights, noRest), make([]int, size+1)
	for era := range captureElections {
		members, err := n.elect(era)
		if err != nil {
			return nil, err
		}
		seen[coalitionSeats(members, coalition)]++
	}
	return seen, nil
}
