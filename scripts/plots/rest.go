package main

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A quarter of the stake against thirty others, split into a hundred identities, or whole: the five of 5 % that
// max_candidate_power leaves.
const (
	splitIdentities = 100
	wholeIdentities = 5
	othersCount     = 30
	lowThreshold    = 12
)

// rest draws the coalition's seats era by era under each rule.
func rest() (*figure, error) {
	f := newFigure("What rest does for a coalition that splits its stake", fmt.Sprintf(
		"25 %% of the stake in %d identities against %d others: its seats of %d in each of %d eras of the real election code",
		splitIdentities, othersCount, committeeSize, eras))
	few, many := solid(faded(blue, 0.75), 2.2), solid(vermillion, 2.2)
	f.key("fewer than 12 seats", &few, nil)
	f.key("12 seats or more: a committee of 12 of 21 is captured", &many, nil)
	const axis, captions = 32, 110 // room below and to the right, in points
	strips := []restRule{noRest, ourRest, quarterRest, hardRest}
	strip := (f.area.Max.Y - f.area.Min.Y - axis) / vg.Length(len(strips))
	for i, rule := range strips {
		last := i == len(strips)-1
		p, captured, err := restStrip(rule, last)
		if err != nil {
			return nil, err
		}
		top, bottom := strip*vg.Length(i), axis+strip*vg.Length(len(strips)-1-i)
		if last {
			bottom = 0
		}
		p.Draw(draw.Crop(f.area, 0, -captions, bottom, -top-8))
		at := vg.Point{X: f.area.Max.X - captions + 12, Y: f.area.Max.Y - top - 18}
		f.area.FillText(style(10.5, ink, true), at, rule.name)
		f.area.FillText(style(10.5, grey, false), vg.Point{X: at.X, Y: at.Y - 15}, fmt.Sprintf("%d of %d eras", captured, eras))
		f.area.FillText(style(10.5, grey, false), vg.Point{X: at.X, Y: at.Y - 29}, "captured")
	}
	return f, nil
}

func restStrip(rule restRule, last bool) (*plot.Plot, int, error) {
	p := newPanel("")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, eras+6, 0, committeeSize
	p.X.Tick.Marker = plot.ConstantTicks{}
	p.Y.Tick.Marker = ticks([]float64{0, lowThreshold, committeeSize}, func(y float64) string { return fmt.Sprint(y) })
	if last {
		p.X.Label.Text = "era"
		p.X.Tick.Marker = ticks([]float64{1, 50, 100, 150, 200}, func(x float64) string { return fmt.Sprint(x) })
	}
	n := newNetwork("rest", committeeSize, against(splitIdentities, zipf(othersCount, 3)), rule)
	captured := 0
	for era := range eras {
		members, err := n.elect(era)
		if err != nil {
			return nil, 0, err
		}
		seats := coalitionSeats(members, splitIdentities)
		stem := solid(faded(blue, 0.75), 1.9)
		if seats >= lowThreshold {
			stem.Color = vermillion
			captured++
		}
		x := float64(era + 1)
		p.Add(lineOf(stem, plotter.XY{X: x}, plotter.XY{X: x, Y: float64(seats)}))
	}
	p.Add(lineOf(dashed(ink, 0.8), plotter.XY{Y: lowThreshold}, plotter.XY{X: p.X.Max, Y: lowThreshold}))
	fmt.Printf("rest, %s: %d of %d eras captured\n", rule.name, captured, eras)
	return p, captured, nil
}
