package e2e

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	four   = []string{"a", "b", "c", "d"}
	alive  = func(string) int { return 2 }
	silent = func(string) int { return 0 }
)

// session of three of four that settled in block 20, signed by those named.
func session(signers ...string) attempt {
	a := attempt{id: 1, root: 1, vault: 1, settled: 20, size: 4, threshold: 3, obliged: true, signed: map[string]bool{}, wrong: map[string]uint64{}}
	for _, signer := range signers {
		a.signed[signer] = true
	}
	return a
}

func judged(t *testing.T, alive func(string) int, attempts ...attempt) verdict {
	t.Helper()
	v, err := judgeVault(5, 1, four, 3, attempts, alive)
	require.NoError(t, err)
	return v
}

func TestOneMissedOfThreeIsNoFaultAndTwoAreWithoutBeingWithdrawn(t *testing.T) {
	v := judged(t, alive, session("a", "b", "c", "d"), session("a", "b", "c", "d"), session("a", "b", "c"))
	require.Zero(t, v.faults)
	v = judged(t, alive, session("a", "b", "c", "d"), session("a", "b", "c"), session("a", "b", "c"))
	require.Equal(t, 1, v.faults)
	require.Equal(t, account{operator: "d", required: 3, signed: 1, missed: 2, intervals: 2, missing: true}, v.accounts[3])
	require.Equal(t, "0.056250000000000000", v.fraction)
	require.False(t, v.withdraws)
}

func TestWhoMissedMoreThanTwoThirdsIsWithdrawnAndWithoutASignOfLifeUnresponsive(t *testing.T) {
	v := judged(t, silent, session("a", "b", "c"))
	require.Equal(t, account{operator: "d", required: 1, missed: 1, unresponsive: true, missing: true, withdrawn: true}, v.accounts[3])
	require.Equal(t, " FAULT_UNRESPONSIVE FAULT_MISSED", v.accounts[3].faults())
}

func TestMoreThanTwoThirdsOfTheThresholdAtFaultWithdrawsThemAll(t *testing.T) {
	missed := session("b")
	missed.size, missed.threshold = 4, 1
	v, err := judgeVault(5, 1, four, 1, []attempt{session("a", "b", "c", "d"), session("b", "c", "d"), missed}, alive)
	require.NoError(t, err)
	require.Equal(t, 1, v.faults)
	require.True(t, v.withdraws)
	require.True(t, v.accounts[0].withdrawn)
	require.False(t, v.accounts[1].withdrawn)
}

func TestAVoidABestEffortAndAnOvertakenSessionAreNotRequired(t *testing.T) {
	void := session("a")
	require.False(t, void.required())
	void.proven = 10
	require.True(t, void.required(), "it was proven before it settled: N did sign")
	effort := session("a", "b", "c")
	effort.obliged = false
	require.False(t, effort.required())
	overtaken := session("a", "b")
	require.True(t, overtaken.required())
	overtaken.others = 19
	require.False(t, overtaken.required())
	overtaken.others = 20
	require.True(t, overtaken.required(), "proofs come after the sessions of their block settled")
}

func TestSignaturesThatWereNotOwedEarnPointsAndMendNothing(t *testing.T) {
	effort := session("d")
	effort.obliged = false
	v := judged(t, alive, session("a", "b", "c"), effort, effort)
	require.Equal(t, account{operator: "d", required: 1, credited: 2, missed: 1, intervals: 2, missing: true, withdrawn: true}, v.accounts[3])
}

func TestTwoWrongSignaturesAreAFault(t *testing.T) {
	wrong := session("a", "b", "c", "d")
	wrong.wrong["b"] = 1
	require.Zero(t, judged(t, alive, wrong).faults)
	require.True(t, judged(t, alive, wrong, wrong).accounts[1].erroneous)
}

func TestASlashIsTruncatedToTheUfis(t *testing.T) {
	for _, example := range []struct {
		faults, size int
		power        int64
		want         string
	}{
		{1, 4, 100_000, "5625000000"},
		{3, 21, 12_345, "25193877"},
		{4, 4, 94_375, "9437500000"},
		{0, 4, 100_000, "0"},
	} {
		fraction, err := fractionOf(example.faults, example.size)
		require.NoError(t, err)
		slash, err := slashOf(example.power, fraction)
		require.NoError(t, err)
		require.Equal(t, example.want, slash.String(), "%d of %d", example.faults, example.size)
	}
	_, err := fractionOf(5, 4)
	require.ErrorContains(t, err, "no 5 of 4")
	_, err = slashOf(1, "a tenth")
	require.ErrorContains(t, err, "a tenth")
}

func TestWhatTheCapAForfeitAndRoundingLeaveIsTheTreasurys(t *testing.T) {
	d := divide(big.NewInt(1000), []worker{
		{operator: "a", signatures: 3}, {operator: "b", attestations: 2, served: 1}, {operator: "c", signatures: 1, forfeits: true},
	})
	require.Equal(t, "[697 69 232]", fmtInts(d.earned))
	require.Equal(t, "[100 69 0]", fmtInts(d.paid))
	require.Equal(t, "831", d.treasury.String())
	d = divide(big.NewInt(1000), nil)
	require.Equal(t, "0 0", d.issued.String()+" "+d.treasury.String())
}

func fmtInts(all []*big.Int) string {
	text := "["
	for i, one := range all {
		if i > 0 {
			text += " "
		}
		text += one.String()
	}
	return text + "]"
}
