package relayer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestACheckNamesTheBeaconKeyThatIsMissingNowOrInTheComingEra(t *testing.T) {
	path, held, _ := newBeaconKey(t)
	_, other, _ := newBeaconKey(t)
	for name, c := range map[string]struct {
		candidate ssvtypes.Candidate
		problems  []string
		oks       []string
	}{
		"none registered": {ssvtypes.Candidate{}, []string{"has registered none"}, nil},
		"at hand":         {ssvtypes.Candidate{BeaconKey: held[:], BeaconEra: 3}, nil, []string{"that of this era's round"}},
		"not at hand":     {ssvtypes.Candidate{BeaconKey: other[:], BeaconEra: 3}, []string{"that of this era's round"}, nil},
		"registered in this era": {
			ssvtypes.Candidate{BeaconKey: held[:], BeaconEra: 4}, nil, []string{"deals from era 5 on", "is at hand"},
		},
		"former at hand, coming not": {
			ssvtypes.Candidate{BeaconKey: other[:], BeaconEra: 4, FormerBeaconKey: held[:]},
			[]string{"which deals from era 5 on, is in none"}, []string{"that of this era's round"},
		},
		"coming at hand, former not": {
			ssvtypes.Candidate{BeaconKey: held[:], BeaconEra: 4, FormerBeaconKey: other[:]},
			[]string{"that of this era's round"}, []string{"is at hand"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var found Findings
			check := checker{found: &found}
			check.checkBeaconFiles([]string{path})
			require.True(t, found.OK())
			check.checkBeaconKeys(c.candidate, 4)
			require.Equal(t, len(c.problems) == 0, found.OK())
			requireLines(t, found, false, c.problems)
			requireLines(t, found, true, c.oks)
		})
	}
}

func requireLines(t *testing.T, found Findings, ok bool, wanted []string) {
	t.Helper()
	for _, text := range wanted {
		matched := false
		for _, finding := range found {
			matched = matched || (finding.OK == ok && strings.Contains(finding.Text, text))
		}
		require.True(t, matched, "%q in %v", text, found)
	}
}

func TestACheckOfAMissingFileSaysHowToMakeOne(t *testing.T) {
	var found Findings
	check := checker{found: &found}
	check.checkBeaconFiles([]string{"/nowhere/beacon_key.json"})
	require.False(t, found.OK())
	require.Contains(t, found[0].Text, "/nowhere/beacon_key.json is missing")
	require.Contains(t, found[0].Do, "stafid relayer init")
}
