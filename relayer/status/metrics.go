package status

import "github.com/prometheus/client_golang/prometheus"

// Metrics exposes reports to Prometheus; every scrape reads one report, so the figures of one scrape are of one moment.
type Metrics struct{ board *Board }

var _ prometheus.Collector = Metrics{}

// NewMetrics collects from a board.
func NewMetrics(board *Board) Metrics { return Metrics{board: board} }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("stafi_relayer_"+name, help, labels, nil)
}

var (
	infoDesc        = describe("info", "Always 1; who this relayer is.", "version", "chain_id", "operator", "submitter")
	heightDesc      = describe("height", "Newest height of this chain that was seen.")
	blockTimeDesc   = describe("block_time_seconds", "Time of that block, Unix seconds.")
	pendingDesc     = describe("pending_transactions", "Duty transactions whose fate is unknown.")
	quarantinedDesc = describe("quarantined_total", "Transactions of original chains that could not be parsed.")
	alarmDesc       = describe("alarm", "1 for each alarm that stands.", "alarm")
	doneDesc        = describe("duty_done_total", "Successes since the start.", "duty", "scope")
	failedDesc      = describe("duty_failed_total", "Failures since the start.", "duty", "scope")
	lagDesc         = describe("duty_lag_blocks", "Blocks that a duty is behind.", "duty", "scope")
	lastDoneDesc    = describe("duty_last_done_seconds", "When a duty last succeeded, Unix seconds.", "duty", "scope")
	headDesc        = describe("origin_head", "Newest verified height of an original chain.", "chain")
	headTimeDesc    = describe("origin_head_time_seconds", "Time of that block, Unix seconds.", "chain")
	stateDesc       = describe("origin_state", "1 for the state that the light client is in.", "chain", "state")
	scoreDesc       = describe("source_score", "Score of a source, 0 to 1.", "chain", "source")
	sourceFailDesc  = describe("source_failures_total", "Failures of a source.", "chain", "source")
	roundEraDesc    = describe("round_era", "Era of the newest round of the seed.", "phase")
	roundDesc       = describe("round_dealers", "Dealers of the newest round of the seed, and how many of them dealt, opened or were rebuilt.", "what")
	liesDesc        = describe("source_lies_total", "Proof failures of a source.", "chain", "source")
)

// Describe implements prometheus.Collector.
func (m Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		infoDesc, heightDesc, blockTimeDesc, pendingDesc, quarantinedDesc, alarmDesc, doneDesc, failedDesc, lagDesc,
		lastDoneDesc, headDesc, headTimeDesc, stateDesc, scoreDesc, sourceFailDesc, liesDesc,
		roundEraDesc, roundDesc,
	} {
		ch <- desc
	}
}

// Collect implements prometheus.Collector.
func (m Metrics) Collect(ch chan<- prometheus.Metric) {
	report := m.board.Report()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	counter := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, labels...)
	}
	gauge(infoDesc, 1, report.Version, report.ChainID, report.Operator, report.Submitter)
	gauge(heightDesc, float64(report.Height))
	gauge(blockTimeDesc, seconds(report.Time))
	gauge(pendingDesc, float64(report.Pending))
	counter(quarantinedDesc, float64(report.Quarantined))
	for _, alarm := range report.Alarms {
		gauge(alarmDesc, 1, alarm.Key)
	}
	for _, duty := range report.Duties {
		counter(doneDesc, float64(duty.Done), duty.Name, duty.Scope)
		counter(failedDesc, float64(duty.Failed), duty.Name, duty.Scope)
		gauge(lagDesc, float64(duty.Lag), duty.Name, duty.Scope)
		gauge(lastDoneDesc, seconds(duty.LastDone), duty.Name, duty.Scope)
	}
	if round := report.Round; round != nil {
		gauge(roundEraDesc, float64(round.Era), round.Phase)
		for what, count := range map[string]int{"all": round.Dealers, "dealt": round.Dealt, "opened": round.Opened, "rebuilt": round.Rebuilt} {
			gauge(roundDesc, float64(count), what)
		}
	}
	for _, chain := range report.Chains {
		gauge(headDesc, float64(chain.Head), chain.ChainID)
		gauge(headTimeDesc, seconds(chain.Time), chain.ChainID)
		gauge(stateDesc, 1, chain.ChainID, chain.State)
		for _, source := range chain.Sources {
			gauge(scoreDesc, source.Score, chain.ChainID, source.Name)
			counter(sourceFailDesc, float64(source.Failures), chain.ChainID, source.Name)
			counter(liesDesc, float64(source.Lies), chain.ChainID, source.Name)
		}
	}
}
