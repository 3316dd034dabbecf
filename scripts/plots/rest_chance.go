package main

import (
	"fmt"
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// restEras per curve: 500 lives of 200 eras, one after another.
const restEras = 500 * eras

// restChance draws how often the coalition gets that many seats or more, split and whole, under each rule.
func restChance() (*figure, error) {
	f := newFigure("Split or whole: the seats of a quarter of the stake", fmt.Sprintf(
		"chance per era of so many of %d seats or more, against %d others; solid: split into %d identities, dashed: whole in %d; %s eras each",
		committeeSize, othersCount, splitIdentities, wholeIdentities, thousands(restEras)))
	p := restChancePanel()
	rules := []struct {
		rule  restRule
		color color.NRGBA
	}{{noRest, blue}, {ourRest, green}, {quarterRest, purple}, {hardRest, vermillion}}
	split, whole := make([][]int, len(rules)), make([][]int, len(rules))
	errs := make([]error, 2*len(rules))
	var wait sync.WaitGroup
	for i, r := range rules {
		wait.Go(func() { split[i], errs[2*i] = restSeats(r.rule, splitIdentities) })
		wait.Go(func() { whole[i], errs[2*i+1] = restSeats(r.rule, wholeIdentities) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	for i, r := range rules {
		line := solid(r.color, 1.9)
		p.Add(lineOf(dashed(r.color, 1.5), orMore(whole[i])...), lineOf(line, orMore(split[i])...))
		dots := disc(r.color, 2.4)
		p.Add(pointsOf(dots, orMore(split[i])))
		f.key(r.rule.name, &line, &dots)
		fmt.Printf("rest, %s: split takes 12 of 21 in %.3g, 15 in %.3g of eras\n",
			r.rule.name, chanceOf(split[i], 12), chanceOf(split[i], 15))
	}
	f.panel(p, "share of eras")
	return f, nil
}

func restSeats(rule restRule, identities int) ([]int, error) {
	n := newNetwork("rest/chance", committeeSize, against(identities, zipf(othersCount, 3)), rule)
	seen := make([]int, committeeSize+1)
	for era := range restEras {
		members, err := n.elect(era)
		if err != nil {
			return nil, err
		}
		seen[coalitionSeats(members, identities)]++
	}
	return seen, nil
}

func chanceOf(seen []int, least int) float64 {
	sum := 0
	for _, count := range seen[least:] {
		sum += count
	}
	return float64(sum) / restEras
}

// A curve ends where fewer than ten eras tell of it.
const leastRestChance, leastRestSeen = 1e-4, 10.0 / restEras

func orMore(seen []int) plotter.XYs {
	var curve plotter.XYs
	for seats := range seen {
		if chance := chanceOf(seen, seats); chance >= leastRestSeen {
			curve = append(curve, plotter.XY{X: float64(seats), Y: chance})
		}
	}
	return curve
}

func restChancePanel() *plot.Plot {
	p := newPanel("seats of the coalition, or more")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, committeeSize, leastRestChance, 1
	p.Y.Scale = plot.LogScale{}
	p.X.Tick.Marker = ticks([]float64{0, 3, 6, 9, 12, 15, 18, 21}, func(x float64) string { return fmt.Sprint(x) })
	var levels []float64
	for exponent := -4; exponent <= 0; exponent++ {
		levels = append(levels, math.Pow10(exponent))
	}
	p.Y.Tick.Marker = ticks(levels, chanceLabel)
	rules(p, levels)
	words := style(10, grey, false)
	for _, threshold := range []float64{12, 15} {
		p.Add(lineOf(dashed(faded(grey, 0.55), 0.8), plotter.XY{X: threshold, Y: leastRestChance}, plotter.XY{X: threshold, Y: 1}))
		note(p, plotter.XY{X: threshold + 0.15, Y: 0.8}, words, fmt.Sprintf("%.0f of %d", threshold, committeeSize))
	}
	note(p, plotter.XY{X: 0.4, Y: 0.3}, words, "whole: never more seats than its 5 identities")
	return p
}
