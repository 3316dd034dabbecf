package cmd_test

import (
	"path/filepath"
	"strings"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	"cosmossdk.io/log/v2"

	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/cmd/stafid/cmd"
)

// ourModules by the protobuf package of their services.
var ourModules = map[protoreflect.FullName]string{
	"stafi.ssv.v1":             "ssv",
	"stafi.multisig.v1":        "multisig",
	"stafi.stakingcontract.v1": "stakingcontract",
}

// methods calls visit with every method of our services; kind is "tx" for Msg and "query" for Query.
func methods(t *testing.T, visit func(module, kind string, method protoreflect.MethodDescriptor)) {
	t.Helper()
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	services := 0
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		module, ours := ourModules[file.Package()]
		if !ours {
			return true
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			kind := map[protoreflect.Name]string{"Msg": "tx", "Query": "query"}[service.Name()]
			require.NotEmpty(t, kind, "service %s is neither Msg nor Query", service.FullName())
			services++
			for j := range service.Methods().Len() {
				visit(module, kind, service.Methods().Get(j))
			}
		}
		return true
	})
	require.Equal(t, 2*len(ourModules), services)
}

func TestEveryMsgAndQueryOfOurModulesHasACommand(t *testing.T) {
	root := cmd.NewRoot()
	options := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{}).AutoCLI().ModuleOptions
	methods(t, func(module, kind string, method protoreflect.MethodDescriptor) {
		name := commandName(options[module], kind, method)
		found, _, err := root.Find([]string{kind, module, name})
		require.NoError(t, err, "%s: no command %s %s %s", method.FullName(), kind, module, name)
		require.Equal(t, name, found.Name(), "%s: no command %s %s %s", method.FullName(), kind, module, name)
		require.NotEmpty(t, found.Short, "%s %s %s says nothing of itself", kind, module, name)
	})
}

// commandName is the first word of the method's Use, or its name in kebab case.
func commandName(module *autocliv1.ModuleOptions, kind string, method protoreflect.MethodDescriptor) string {
	service := module.GetTx()
	if kind == "query" {
		service = module.GetQuery()
	}
	for _, options := range service.GetRpcCommandOptions() {
		if options.RpcMethod == string(method.Name()) && options.Use != "" {
			return strings.Fields(options.Use)[0]
		}
	}
	return kebab(string(method.Name()))
}

func kebab(name string) string {
	var out strings.Builder
	for i, letter := range name {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			out.WriteByte('-')
		}
		out.WriteRune(letter)
	}
	return strings.ToLower(out.String())
}

func TestNoTransactionTakesItsSignerAsAnArgument(t *testing.T) {
	options := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{}).AutoCLI().ModuleOptions
	methods(t, func(module, kind string, method protoreflect.MethodDescriptor) {
		if kind != "tx" {
			return
		}
		signer := signerField(t, method.Input())
		for _, rpc := range options[module].GetTx().GetRpcCommandOptions() {
			for _, argument := range rpc.PositionalArgs {
				if rpc.RpcMethod == string(method.Name()) {
					require.NotEqual(t, signer, argument.ProtoField, "%s: --from fills the signer", method.FullName())
				}
			}
		}
	})
}

func TestEveryCommandOfANodeIsThere(t *testing.T) {
	root := cmd.NewRoot()
	for _, path := range []string{
		"init", "genesis gentx", "genesis collect-gentxs", "genesis validate", "genesis add-genesis-account", "keys add",
		"tx sign", "tx multi-sign", "tx broadcast", "query tx", "query block", "start", "status", "export", "rollback", "prune",
		"snapshots restore", "comet show-node-id", "comet bootstrap-state", "debug addr", "version", "localnet start",
	} {
		words := strings.Fields(path)
		found, _, err := root.Find(words)
		require.NoError(t, err, path)
		require.Equal(t, words[len(words)-1], found.Name(), path)
	}
}

func TestAGenesisThatInitWritesBoundsTheGasOfABlock(t *testing.T) {
	home := t.TempDir()
	_, err := run(t, "init", "node", "--chain-id", "stafi-1", "--home", home)
	require.NoError(t, err)
	genesis, err := genutiltypes.AppGenesisFromFile(filepath.Join(home, "config", "genesis.json"))
	require.NoError(t, err)
	require.Equal(t, "stafi-1", genesis.ChainID)
	require.Equal(t, app.ConsensusParams().Block, genesis.Consensus.Params.Block)
	require.Equal(t, int64(app.MaxBlockGas), genesis.Consensus.Params.Block.MaxGas)
}

func TestNoTwoCommandsShareAName(t *testing.T) {
	var visit func(path string, parent *cobra.Command)
	visit = func(path string, parent *cobra.Command) {
		seen := map[string]bool{}
		for _, child := range parent.Commands() {
			require.False(t, seen[child.Name()], "%s %s twice", path, child.Name())
			seen[child.Name()] = true
			visit(path+" "+child.Name(), child)
		}
	}
	visit(app.Name, cmd.NewRoot())
}
