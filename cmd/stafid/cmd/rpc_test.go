package cmd_test

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/cmd/stafid/cmd"
	"github.com/stafiprotocol/stafid/relayer/rpc"
	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
)

const rpcChain = "stafi-test-1"

// fakeMember verifies receipts as a member does and answers Heads.
type fakeMember struct {
	*rpcapi.UnimplementedServiceServer
	operator sdk.ValAddress
	counted  []uint64
	signers  []string
}

func (f *fakeMember) Member(context.Context, *rpcapi.MemberRequest) (*rpcapi.MemberResponse, error) {
	return &rpcapi.MemberResponse{
		ChainId: rpcChain, Operator: f.operator.String(), Era: 3, Time: time.Unix(1, 0).UTC(), EraEnd: time.Unix(2, 0).UTC(),
	}, nil
}

func (f *fakeMember) Heads(ctx context.Context, _ *rpcapi.HeadsRequest) (*rpcapi.HeadsResponse, error) {
	text := metadata.ValueFromIncomingContext(ctx, rpc.ReceiptHeader)
	if len(text) == 0 {
		return &rpcapi.HeadsResponse{}, nil
	}
	signed, err := receipt.Decode(rpcChain, text[0])
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if err := signed.Verify(); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	f.counted = append(f.counted, signed.Calls)
	f.signers = append(f.signers, receipt.Address(signed.Client).String())
	_ = grpc.SetHeader(ctx, metadata.Pairs(rpc.StatusHeader, rpc.Counted, rpc.CallsHeader, "7"))
	return &rpcapi.HeadsResponse{Source: rpcapi.Source_SOURCE_LIGHT_CLIENT}, nil
}

// serveMember listens on loopback and returns the endpoint.
func serveMember(t *testing.T) (*fakeMember, string) {
	t.Helper()
	member := &fakeMember{operator: sdk.ValAddress(strings.Repeat("o", 20))}
	server := grpc.NewServer(grpc.ForceServerCodec(stafi.NewCodec().GRPCCodec()))
	rpcapi.RegisterServiceServer(server, member)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return member, "http://" + listener.Addr().String()
}

func TestACallOfTheCommandLineIsSignedByTheKeyAndCountedOn(t *testing.T) {
	member, endpoint := serveMember(t)
	home := t.TempDir()
	ring, err := keyring.New("stafid", keyring.BackendTest, home, nil, stafi.NewCodec())
	require.NoError(t, err)
	record, _, err := ring.NewMnemonic("alice", keyring.English, sdk.FullFundraiserPath, "", hd.Secp256k1)
	require.NoError(t, err)
	alice, err := record.GetAddress()
	require.NoError(t, err)
	run := func(args ...string) (string, error) {
		root, out := cmd.NewRoot(), &bytes.Buffer{}
		root.SetOut(out)
		root.SetErr(out)
		root.SetArgs(append([]string{"rpc", "call", "--home", home, "--endpoint", endpoint}, args...))
		err := svrcmd.Execute(root, cmd.EnvPrefix, home)
		return out.String(), err
	}
	signed := []string{"--from", "alice", "--keyring-backend", "test", "--chain-id", rpcChain}
	for range 2 {
		text, err := run(append([]string{"heads"}, signed...)...)
		require.NoError(t, err)
		require.Contains(t, text, "receipt: counted; the member holds a count of 7")
		require.Contains(t, text, "SOURCE_LIGHT_CLIENT")
	}
	require.Equal(t, []uint64{1, 2}, member.counted)
	require.Equal(t, []string{alice.String(), alice.String()}, member.signers)
	require.FileExists(t, filepath.Join(home, "rpc", "counts.json"))

	_, err = run("heads")
	require.NoError(t, err, "without --from no receipt is signed")
	require.Len(t, member.counted, 2)
	_, err = run("heads", "--from", "bob", "--keyring-backend", "test", "--chain-id", rpcChain)
	require.ErrorContains(t, err, `key "bob"`)
	_, err = run("deposit", "AA")
	require.ErrorContains(t, err, "deposit takes 2 arguments, got 1")
	_, err = run("nonsense")
	require.ErrorContains(t, err, `"nonsense" is none of`)
}
