package cometbft

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/proto/tendermint/crypto"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
	ics23 "github.com/cosmos/ics23/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/stafiprotocol/stafid/lightclient"
)

// fixtureDir is a directory of recorded data of other projects and chains.
func fixtureDir(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("STAFID_FIXTURES")
	if root == "" {
		t.Skip("STAFID_FIXTURES is not set: recorded light client data is not there to be tested against")
	}
	dir := filepath.Join(append([]string{root, "cometbft"}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("recorded light client data is absent: %v", err)
	}
	return dir
}

func fixtureFiles(t testing.TB, pattern string, parts ...string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(fixtureDir(t, parts...), pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func readFixture(t testing.TB, file string, decode func([]byte, any) error, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, decode(raw, into), file)
}

func stepName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".json") }

// TestModelBasedCasesGetTheirVerdicts runs the traces that a TLA+ model of the
// light client produced.
func TestModelBasedCasesGetTheirVerdicts(t *testing.T) {
	type trace struct {
		Initial struct {
			SignedHeader     types.SignedHeader `json:"signed_header"`
			NextValidatorSet types.ValidatorSet `json:"next_validator_set"`
			TrustingPeriod   time.Duration      `json:"trusting_period,string"`
		} `json:"initial"`
		Input []struct {
			Block struct {
				SignedHeader     types.SignedHeader `json:"signed_header"`
				ValidatorSet     types.ValidatorSet `json:"validator_set"`
				NextValidatorSet types.ValidatorSet `json:"next_validator_set"`
			} `json:"block"`
			Now     time.Time `json:"now"`
			Verdict string    `json:"verdict"`
		} `json:"input"`
	}
	for _, file := range fixtureFiles(t, "*.json", "mbt_go") {
		t.Run(stepName(file), func(t *testing.T) {
			var tr trace
			readFixture(t, file, cmtjson.Unmarshal, &tr)
			require.NotEmpty(t, tr.Input)
			v := verifier{cfg: Config{
				ChainID: tr.Initial.SignedHeader.ChainID, TrustingPeriod: tr.Initial.TrustingPeriod,
				TrustLevel: light.DefaultTrustLevel, MaxClockDrift: time.Second,
			}}
			trusted := &types.LightBlock{SignedHeader: &tr.Initial.SignedHeader, ValidatorSet: &tr.Initial.NextValidatorSet}
			for i, step := range tr.Input {
				block := &types.LightBlock{SignedHeader: &step.Block.SignedHeader, ValidatorSet: &step.Block.ValidatorSet}
				clean, err := canonical(block, v.cfg.ChainID, block.Height)
				if err == nil {
					err = v.verify(trusted, clean, step.Now)
				}
				requireVerdict(t, step.Verdict, err, i)
				if err == nil {
					trusted = &types.LightBlock{SignedHeader: block.SignedHeader, ValidatorSet: &step.Block.NextValidatorSet}
				}
			}
		})
	}
}

func requireVerdict(t *testing.T, verdict string, err error, step int) {
	t.Helper()
	switch verdict {
	case "SUCCESS":
		require.NoError(t, err, "step %d", step)
	case "NOT_ENOUGH_TRUST":
		require.ErrorIs(t, err, errTooFar, "step %d", step)
	case "INVALID":
		require.Error(t, err, "step %d", step)
		require.NotErrorIs(t, err, errTooFar, "step %d", step)
	default:
		t.Fatalf("step %d: unknown verdict %q", step, verdict)
	}
}

// mochaBlock is a recorded answer of a public test network's node.
type mochaBlock struct {
	Result struct {
		Header       *types.Header       `json:"header"`
		Commit       *types.Commit       `json:"commit"`
		ValidatorSet *types.ValidatorSet `json:"validator_set"`
		Validators   []*types.Validator  `json:"validators"`
		SignedHeader *types.SignedHeader `json:"signed_header"`
	} `json:"result"`
}

// mochaBlocks are the recorded light blocks by height.
func mochaBlocks(t *testing.T) map[int64]*types.LightBlock {
	t.Helper()
	blocks := map[int64]*types.LightBlock{}
	for _, file := range fixtureFiles(t, "*/signed_block.json", "celestia_mocha-4") {
		var b mochaBlock
		readFixture(t, file, cmtjson.Unmarshal, &b)
		blocks[b.Result.Header.Height] = &types.LightBlock{
			SignedHeader: &types.SignedHeader{Header: b.Result.Header, Commit: b.Result.Commit}, ValidatorSet: b.Result.ValidatorSet,
		}
	}
	for _, file := range fixtureFiles(t, "*/commit.json", "celestia_mocha-4") {
		var commit, vals mochaBlock
		readFixture(t, file, cmtjson.Unmarshal, &commit)
		readFixture(t, filepath.Join(filepath.Dir(file), "validators_1.json"), cmtjson.Unmarshal, &vals)
		lb := &types.LightBlock{SignedHeader: commit.Result.SignedHeader, ValidatorSet: &types.ValidatorSet{Validators: vals.Result.Validators}}
		if other, ok := blocks[lb.Height]; ok {
			require.Equal(t, other.Hash(), lb.Hash(), "height %d", lb.Height)
		}
		blocks[lb.Height] = lb
	}
	return blocks
}

func TestRecordedCommitsOfAPublicNetworkVerify(t *testing.T) {
	blocks := mochaBlocks(t)
	v := verifier{cfg: Config{ChainID: "mocha-4", TrustingPeriod: 14 * 24 * time.Hour, TrustLevel: light.DefaultTrustLevel, MaxClockDrift: time.Second}}
	for height, block := range blocks {
		t.Run(fmt.Sprint("height ", height), func(t *testing.T) {
			clean, err := canonical(block, "mocha-4", height)
			require.NoError(t, err)
			require.NoError(t, v.self(clean))
			blocks[height] = clean
		})
	}
	steps := []struct {
		from, to int64
		want     error
	}{
		{3000, 3001, nil},
		{3001, 3100, nil},
		{10000, 10001, nil},
		{10001, 10002, nil},
		{10002, 10003, nil},
		{10003, 10004, nil},
		{10004, 10500, nil},
		{10500, 10501, nil},
		{11000, 11001, nil},
		{11001, 11105, nil},
		{3000, 10000, nil},
		{50000, 157000, lightclient.ErrExpired},
	}
	for _, step := range steps {
		t.Run(fmt.Sprintf("from %d to %d", step.from, step.to), func(t *testing.T) {
			trusted, next := blocks[step.from], blocks[step.to]
			require.ErrorIs(t, v.verify(trusted, next, next.Time.Add(time.Second)), step.want)
			forged := copyLight(next)
			signed := slices.IndexFunc(forged.Commit.Signatures, func(s types.CommitSig) bool { return s.BlockIDFlag == types.BlockIDFlagCommit })
			forged.Commit.Signatures[signed].Signature = make([]byte, 64)
			require.Error(t, v.verify(trusted, forged, next.Time.Add(time.Second)))
		})
	}
}

func TestRecordedHeadersLinkBackwards(t *testing.T) {
	headers := map[int64]*types.Header{}
	for _, file := range fixtureFiles(t, "*/header.json", "celestia_mocha-4") {
		var b mochaBlock
		readFixture(t, file, cmtjson.Unmarshal, &b)
		headers[b.Result.Header.Height] = b.Result.Header
	}
	chain := []*types.Header{headers[10000], headers[10001], headers[10002], headers[10003]}
	require.NoError(t, checkLinks(chain, 10000, headers[10004]))
	require.Contains(t, headers, int64(157000))
	chain[1].AppHash[0] ^= 1
	require.ErrorIs(t, checkLinks(chain, 10000, headers[10004]), lightclient.ErrHeaderForged)
}

// ibcProof is the relevant part of a recorded IBC message.
type ibcProof struct {
	ConsensusState string `json:"consensus_state_hex"`
	Message        struct {
		Path  []string `json:"path"`
		Proof string   `json:"proof"`
		Value string   `json:"value"`
	} `json:"membership_msg"`
}

func TestRecordedProofsOfARealMultistoreVerify(t *testing.T) {
	for _, file := range fixtureFiles(t, "verify_*.json", "eureka_ics07") {
		t.Run(stepName(file), func(t *testing.T) {
			var p ibcProof
			readFixture(t, file, json.Unmarshal, &p)
			proofs := subfields(t, unhex(t, p.Message.Proof), 1)
			require.Len(t, proofs, 2)
			root := subfields(t, subfields(t, unhex(t, p.ConsensusState), 2)[0], 1)[0]
			store, key, value := p.Message.Path[0], []byte(p.Message.Path[1]), unhex(t, p.Message.Value)
			ops := &crypto.ProofOps{Ops: []crypto.ProofOp{
				{Type: opIAVL, Key: key, Data: proofs[0]}, {Type: opSimple, Key: []byte(store), Data: proofs[1]},
			}}
			require.Equal(t, strings.Contains(file, "non-membership"), len(value) == 0)
			require.NoError(t, VerifyState(ops, root, store, key, value))
			root[0] ^= 1
			require.ErrorIs(t, VerifyState(ops, root, store, key, value), lightclient.ErrProof)
			root[0] ^= 1
			require.ErrorIs(t, VerifyState(ops, root, store, key, append(value, 'x')), lightclient.ErrProof)
		})
	}
}

func TestARecordedIBCUpdateVerifies(t *testing.T) {
	var update struct {
		ConsensusState string `json:"consensus_state_hex"`
		Message        struct {
			Header        string `json:"client_message_hex"`
			NewHeight     int64  `json:"new_height"`
			TrustedHeight int64  `json:"trusted_height"`
		} `json:"update_client_message"`
	}
	readFixture(t, fixtureFiles(t, "update_client_happy_path.json", "eureka_ics07")[0], json.Unmarshal, &update)
	raw, state := unhex(t, update.Message.Header), unhex(t, update.ConsensusState)
	var signed cmtproto.SignedHeader
	require.NoError(t, signed.Unmarshal(subfields(t, raw, 1)[0]))
	header, err := types.SignedHeaderFromProto(&signed)
	require.NoError(t, err)
	untrusted := &types.LightBlock{SignedHeader: header, ValidatorSet: validatorsOf(t, subfields(t, raw, 2)[0])}
	untrusted, err = canonical(untrusted, "simd-2", update.Message.NewHeight)
	require.NoError(t, err)
	trusted := &types.LightBlock{
		SignedHeader: &types.SignedHeader{Header: &types.Header{
			ChainID: "simd-2", Height: update.Message.TrustedHeight, Time: header.Time.Add(-time.Minute),
			NextValidatorsHash: subfields(t, state, 3)[0],
		}},
		ValidatorSet: validatorsOf(t, subfields(t, raw, 4)[0]),
	}
	v := verifier{cfg: Config{ChainID: "simd-2", TrustingPeriod: time.Hour, TrustLevel: light.DefaultTrustLevel}}
	require.NoError(t, v.verify(trusted, untrusted, header.Time.Add(time.Second)))
	untrusted.Commit.Signatures[1].Signature[0] ^= 1
	require.ErrorIs(t, v.verify(trusted, untrusted, header.Time.Add(time.Second)), lightclient.ErrHeaderForged)
}

func validatorsOf(t *testing.T, raw []byte) *types.ValidatorSet {
	t.Helper()
	var proto cmtproto.ValidatorSet
	require.NoError(t, proto.Unmarshal(raw))
	set, err := types.ValidatorSetFromProto(&proto)
	require.NoError(t, err)
	return set
}

// subfields are the length-delimited values of a field of a protobuf message.
func subfields(t *testing.T, raw []byte, field protowire.Number) (values [][]byte) {
	t.Helper()
	for len(raw) > 0 {
		number, kind, n := protowire.ConsumeTag(raw)
		require.Positive(t, n)
		size := protowire.ConsumeFieldValue(number, kind, raw[n:])
		require.GreaterOrEqual(t, size, 0)
		if number == field && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(raw[n:])
			values = append(values, value)
		}
		raw = raw[n+size:]
	}
	require.NotEmpty(t, values)
	return values
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(s)
	require.NoError(t, err)
	return raw
}

func TestRecordedRPCAnswersDecodeAndVerify(t *testing.T) {
	dir := fixtureDir(t, "rpc_v0_38")
	t.Run("a block's header and transactions", func(t *testing.T) {
		var answer struct {
			Result struct {
				BlockID types.BlockID `json:"block_id"`
				Block   struct {
					Header types.Header `json:"header"`
				} `json:"block"`
			} `json:"result"`
		}
		var wire struct {
			Result blockResponse `json:"result"`
		}
		file := filepath.Join(dir, "block_at_height_10.json")
		readFixture(t, file, cmtjson.Unmarshal, &answer)
		readFixture(t, file, cmtjson.Unmarshal, &wire)
		header := &answer.Result.Block.Header
		require.Equal(t, answer.Result.BlockID.Hash, header.Hash())
		require.NoError(t, checkTxs(types.ToTxs(wire.Result.Block.Data.Txs), header))
		require.ErrorIs(t, checkTxs(types.Txs{[]byte("more")}, header), lightclient.ErrDataHash)
	})
	t.Run("a commit", func(t *testing.T) {
		var wire struct {
			Result commitResponse `json:"result"`
		}
		readFixture(t, filepath.Join(dir, "commit_at_height_10.json"), cmtjson.Unmarshal, &wire)
		require.NoError(t, wire.Result.SignedHeader.ValidateBasic("dockerchain"))
	})
	t.Run("a header of known hash", func(t *testing.T) {
		raw, err := os.ReadFile(filepath.Join(dir, "header_with_known_hash.json"))
		require.NoError(t, err)
		var header types.Header
		require.NoError(t, cmtjson.Unmarshal([]byte(strings.ReplaceAll(string(raw), "part_set_header", "parts")), &header))
		require.Equal(t, "F30A71F2409FB15AACAEDB6CC122DFA2525BEE9CAE521721B06BFDCA291B8D56", header.Hash().String())
	})
	t.Run("transactions with proofs", func(t *testing.T) {
		var answer struct {
			Result struct {
				Txs []struct {
					Tx    types.Tx      `json:"tx"`
					Proof types.TxProof `json:"proof"`
				} `json:"txs"`
			} `json:"result"`
		}
		readFixture(t, filepath.Join(dir, "tx_search_with_prove.json"), cmtjson.Unmarshal, &answer)
		require.Len(t, answer.Result.Txs, 9)
		for _, found := range answer.Result.Txs {
			require.NoError(t, found.Proof.Validate(found.Proof.RootHash))
			if found.Proof.Proof.Total == 1 {
				header := &types.Header{DataHash: found.Proof.RootHash}
				require.NoError(t, checkTxs(types.Txs{found.Tx}, header))
				require.ErrorIs(t, checkTxs(types.Txs{append(found.Tx, 0)}, header), lightclient.ErrDataHash)
			}
		}
	})
}

func TestRecordedICS23ProofsVerifyInTheirOwnSpecOnly(t *testing.T) {
	for _, kind := range []string{"iavl", "tendermint", "smt"} {
		for _, file := range fixtureFiles(t, "*.json", "ics23", kind) {
			t.Run(kind+" "+stepName(file), func(t *testing.T) {
				var c struct{ Key, Value, Root, Proof string }
				readFixture(t, file, json.Unmarshal, &c)
				key, value, root := unhex(t, c.Key), unhex(t, c.Value), unhex(t, c.Root)
				op := crypto.ProofOp{Type: opIAVL, Key: key, Data: unhex(t, c.Proof)}
				proof, err := decodeOp(op, opIAVL, key)
				require.NoError(t, err)
				require.True(t, verifies(specs[kind], root, proof, key, value))

				got, err := leafRoot(proof, key, value)
				if kind == "iavl" {
					require.NoError(t, err)
					require.Equal(t, root, got)
				} else {
					require.ErrorIs(t, err, lightclient.ErrProof)
				}
				_, err = leafRoot(proof, append(key, 0), value)
				require.ErrorIs(t, err, lightclient.ErrProof)
			})
		}
	}
}

var specs = map[string]*ics23.ProofSpec{"iavl": ics23.IavlSpec, "tendermint": ics23.TendermintSpec, "smt": ics23.SmtSpec}

func verifies(spec *ics23.ProofSpec, root []byte, proof *ics23.CommitmentProof, key, value []byte) bool {
	if len(value) == 0 {
		return ics23.VerifyNonMembership(spec, root, proof, key)
	}
	return ics23.VerifyMembership(spec, root, proof, key, value)
}
