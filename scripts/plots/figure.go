package main

import (
	"bytes"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Okabe and Ito's colours, which people with any colour vision tell apart.
var (
	blue       = color.NRGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	vermillion = color.NRGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	green      = color.NRGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}
	purple     = color.NRGBA{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}
	ink        = color.NRGBA{R: 0x22, G: 0x26, B: 0x2b, A: 0xff}
	grey       = color.NRGBA{R: 0x6b, G: 0x72, B: 0x7b, A: 0xff}
	faint      = color.NRGBA{R: 0xe3, G: 0xe6, B: 0xea, A: 0xff}
)

const (
	width  = 720 * vg.Length(1)
	height = 450 * vg.Length(1)
	margin = 22 * vg.Length(1)
)

// faded returns a colour on white with that opacity, opaque.
func faded(c color.NRGBA, opacity float64) color.NRGBA {
	mix := func(part uint8) uint8 { return uint8(255 - opacity*(255-float64(part)) + 0.5) }
	return color.NRGBA{R: mix(c.R), G: mix(c.G), B: mix(c.B), A: 0xff}
}

// figure is a picture under construction: a title, a line below it and a row of keys above the panels, so that nothing lies over data.
type figure struct {
	canvas *vgsvg.Canvas
	area   draw.Canvas // what is left for the panels
	keyX   vg.Length
	keyY   vg.Length
}

func newFigure(title, subtitle string) *figure {
	svg := vgsvg.New(width, height)
	f := &figure{canvas: svg}
	all := draw.New(svg)
	all.SetColor(color.White)
	all.Fill(all.Path())
	top := all.Max.Y - margin
	all.FillText(style(17, ink, true), vg.Point{X: margin, Y: top}, title)
	all.FillText(style(11.5, grey, false), vg.Point{X: margin, Y: top - 25}, subtitle)
	f.keyX, f.keyY = margin, top-52
	f.area = draw.Crop(all, margin, -margin, margin-6, -(margin + 76))
	return f
}

// style of a text whose top left corner is where it is put.
func style(size vg.Length, c color.Color, bold bool) text.Style {
	face := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		face.Weight = 2 // golang.org/x/image/font.WeightSemiBold
	}
	return text.Style{Color: c, Font: face, XAlign: text.XLeft, YAlign: text.YTop, Handler: plot.DefaultTextHandler}
}

func aligned(s text.Style, x text.XAlignment, y text.YAlignment) text.Style {
	s.XAlign, s.YAlign = x, y
	return s
}

// key adds an entry to the row of keys: a line, a point, or both.
func (f *figure) key(label string, line *draw.LineStyle, glyph *draw.GlyphStyle) {
	const long, gap = 22, 18
	all := draw.New(f.canvas)
	middle := f.keyY - 6
	if line != nil {
		all.StrokeLine2(*line, f.keyX, middle, f.keyX+long, middle)
	}
	if glyph != nil {
		all.DrawGlyph(*glyph, vg.Point{X: f.keyX + long/2, Y: middle})
	}
	s := aligned(style(11, ink, false), text.XLeft, text.YCenter)
	all.FillText(s, vg.Point{X: f.keyX + long + 6, Y: middle}, label)
	f.keyX += long + 6 + s.Width(label) + gap
}

// svg returns the picture; where the metric-compatible Liberation fonts are missing, others of the same widths stand in.
func (f *figure) svg() []byte {
	var buffer bytes.Buffer
	if _, err := f.canvas.WriteTo(&buffer); err != nil {
		panic(err) // a buffer takes everything
	}
	return bytes.ReplaceAll(buffer.Bytes(),
		[]byte("font-family:Liberation Sans;font-variant:Sans;"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
}

// panel draws a plot in all that is left, with a label beside its Y axis.
func (f *figure) panel(p *plot.Plot, y string) {
	const label, axis = 20, 32
	p.Draw(draw.Crop(f.area, label, 0, 0, 0))
	s := aligned(style(11.5, ink, false), text.XCenter, text.YTop)
	s.Rotation = math.Pi / 2
	f.area.FillText(s, vg.Point{X: f.area.Min.X, Y: (f.area.Min.Y + axis + f.area.Max.Y) / 2}, y)
}

// newPanel returns axes without data.
func newPanel(x string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.X.Label.Text = x
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle = aligned(style(11.5, ink, false), text.XCenter, text.YBottom)
		axis.Label.Padding = 4
		axis.Tick.Label = aligned(style(10.5, grey, false), axis.Tick.Label.XAlign, axis.Tick.Label.YAlign)
		axis.LineStyle = draw.LineStyle{Color: grey, Width: 0.8}
		axis.Tick.LineStyle = axis.LineStyle
		axis.Tick.Length = 4
		axis.Padding = 0
	}
	return p
}

// ticks are labelled marks.
func ticks(values []float64, label func(float64) string) plot.ConstantTicks {
	marks := make([]plot.Tick, len(values))
	for i, value := range values {
		marks[i] = plot.Tick{Value: value, Label: label(value)}
	}
	return marks
}

// rules adds faint horizontal lines at the marks of the Y axis.
func rules(p *plot.Plot, values []float64) {
	for _, value := range values {
		p.Add(lineOf(draw.LineStyle{Color: faint, Width: 0.7}, plotter.XY{X: p.X.Min, Y: value}, plotter.XY{X: p.X.Max, Y: value}))
	}
}

func lineOf(style draw.LineStyle, points ...plotter.XY) *plotter.Line {
	return &plotter.Line{XYs: points, LineStyle: style}
}

func pointsOf(style draw.GlyphStyle, points plotter.XYs) *plotter.Scatter {
	return &plotter.Scatter{XYs: points, GlyphStyle: style}
}

func solid(c color.Color, width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width}
}

func dashed(c color.Color, width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width, Dashes: []vg.Length{6, 4}}
}

func disc(c color.Color, radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: radius, Shape: draw.CircleGlyph{}}
}

func ring(c color.Color, radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: radius, Shape: draw.RingGlyph{}}
}

// note writes at a point of a panel.
func note(p *plot.Plot, at plotter.XY, s text.Style, words string) {
	p.Add(&plotter.Labels{XYs: plotter.XYs{at}, Labels: []string{words}, TextStyle: []text.Style{s}})
}
