package main

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/stafiprotocol/stafid/x/ssv/odds"
)

const (
	eras           = 200
	committeeSize  = 21
	seatsPoolCount = 150
)

// tally is what the candidates of a network were seated and might have expected to be, over all eras.
type tally struct {
	seated, rested     []int
	expected, variance []float64
}

// tallySeats runs a network and adds up, era by era, the closed form for whom that era's rest left in the pool.
func tallySeats(n *network) (tally, error) {
	count := len(n.input.Candidates)
	t := tally{seated: make([]int, count), rested: make([]int, count), expected: make([]float64, count), variance: make([]float64, count)}
	for era := range eras {
		weights := make([]float64, count)
		for i, resting := range n.input.Resting() {
			if resting {
				t.rested[i]++
			} else {
				weights[i] = float64(n.input.Candidates[i].Weight)
			}
		}
		for i, chance := range odds.Inclusion(weights, committeeSize) {
			t.expected[i] += chance
			t.variance[i] += chance * (1 - chance)
		}
		members, err := n.elect(era)
		if err != nil {
			return t, err
		}
		for _, index := range members {
			t.seated[index]++
		}
	}
	return t, nil
}

// seats draws how often each candidate served in 200 eras against its share of the stake.
func seats() (*figure, error) {
	weights := zipf(seatsPoolCount, 10)
	total := 0.0
	for _, weight := range weights {
		total += float64(weight)
	}
	shares := make([]float64, len(weights))
	for i, weight := range weights {
		shares[i] = 100 * float64(weight) / total
	}
	f := newFigure("How often a candidate serves", fmt.Sprintf(
		"%d eras of the real election code, %d candidates, one committee of %d: each dot is a candidate", eras, seatsPoolCount, committeeSize))
	p := seatsPanel(shares)
	proportion := dashed(grey, 1.2)
	f.key("in proportion to stake", &proportion, nil)
	if err := seatsSeries(f, p, shares, noRest); err != nil {
		return nil, err
	}
	if err := seatsSeries(f, p, shares, ourRest); err != nil {
		return nil, err
	}
	p.Add(lineOf(proportion, plotter.XY{}, plotter.XY{X: p.X.Max, Y: eras * committeeSize * p.X.Max / 100}))
	f.panel(p, fmt.Sprintf("eras served, of %d", eras))
	return f, nil
}

func seatsPanel(shares []float64) *plot.Plot {
	p := newPanel("share of the pool’s stake")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, math.Ceil(4*shares[0])/4, 0, 160
	p.X.Tick.Marker = ticks([]float64{0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5}, func(x float64) string { return fmt.Sprintf("%g %%", x) })
	levels := []float64{0, 25, 50, 75, 100, 125, 150}
	p.Y.Tick.Marker = ticks(levels, func(y float64) string { return fmt.Sprint(y) })
	rules(p, levels[1:])
	return p
}

// seatsSeries adds what the candidates were seated and what the closed form expects, with two standard deviations either way.
func seatsSeries(f *figure, p *plot.Plot, shares []float64, rule restRule) error {
	t, err := tallySeats(newNetwork("seats", committeeSize, zipf(len(shares), 10), rule))
	if err != nil {
		return err
	}
	color, dots := blue, disc(blue, 2.2)
	label := "no rest"
	if !rule.nobody {
		color, dots, label = vermillion, ring(vermillion, 2.4), fmt.Sprintf("members rest, up to %d %% of the stake", 100*rule.maxShare.Num/rule.maxShare.Den)
	}
	var curve, seated plotter.XYs
	var above, below plotter.XYs
	for i, share := range shares {
		curve = append(curve, plotter.XY{X: share, Y: t.expected[i]})
		seated = append(seated, plotter.XY{X: share, Y: float64(t.seated[i])})
		deviation := 2 * math.Sqrt(t.variance[i])
		above = append(above, plotter.XY{X: share, Y: t.expected[i] + deviation})
		below = append(below, plotter.XY{X: share, Y: max(0, t.expected[i]-deviation)})
	}
	if rule.nobody {
		band := &plotter.Polygon{XYs: []plotter.XYs{append(above, reversed(below)...)}, Color: faded(color, 0.13)}
		p.Add(band)
	}
	line := solid(color, 1.6)
	p.Add(lineOf(line, curve...), pointsOf(dots, seated))
	f.key(label+" (line: closed form)", &line, &dots)
	fmt.Printf("seats, %s: heaviest %.2f %% of stake served %d, expected %.1f; lightest %.2f %%: %d, %.1f\n",
		rule.name, shares[0], t.seated[0], t.expected[0], shares[len(shares)-1], t.seated[len(shares)-1], t.expected[len(shares)-1])
	fmt.Println("seats,", rule.name+":", t.rests(shares))
	return nil
}

// rests says who rested how much.
func (t tally) rests(shares []float64) string {
	members, stake, never := 0, 0.0, 0
	for i, rested := range t.rested {
		members += rested
		stake += float64(rested) * shares[i]
	}
	for never < len(t.rested) && t.rested[never] == 0 {
		never++
	}
	return fmt.Sprintf("%.1f members with %.1f %% of the stake rest in an era, the %d heaviest never", float64(members)/eras, stake/eras, never)
}

func reversed(points plotter.XYs) plotter.XYs {
	back := make(plotter.XYs, len(points))
	for i, point := range points {
		back[len(points)-1-i] = point
	}
	return back
}
