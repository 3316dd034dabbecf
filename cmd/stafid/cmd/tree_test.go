package cmd_test

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	protobuf "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cosmossdk.io/log/v2"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/cmd/stafid/cmd"
)

// described writes down what a command says of itself and of those right below it.
func described(command *cobra.Command) string {
	command.InitDefaultHelpFlag()
	var out strings.Builder
	out.WriteString(command.UsageString())
	fmt.Fprintf(&out, "%s\n%v %q %t %t %t\n%s\n%s\n", command.UseLine(), command.Aliases, command.Deprecated, command.Hidden,
		command.DisableFlagParsing, command.Runnable(), command.Long, command.Example)
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		fmt.Fprintf(&out, "--%s -%s %s %q %s %q %t\n",
			flag.Name, flag.Shorthand, flag.Value.Type(), flag.DefValue, flag.Usage, flag.Deprecated, flag.Hidden)
	})
	for _, child := range command.Commands() {
		fmt.Fprintf(&out, "%s %v: %s (%t)\n", child.Use, child.Aliases, child.Short, child.IsAvailableCommand())
	}
	return out.String()
}

// paths are the words that lead to every command, and to every module by the alias of query too.
func paths(command *cobra.Command, path []string) [][]string {
	all := [][]string{path}
	for _, child := range command.Commands() {
		all = append(all, paths(child, append(path[:len(path):len(path)], child.Name()))...)
	}
	return all
}

func TestTheTreeBuiltForACallIsTheWholeTreeAsFarAsTheCallCanSee(t *testing.T) {
	whole := cmd.NewRoot()
	all := paths(whole, nil)
	require.Greater(t, len(all), 300)
	for _, path := range all {
		want, _, err := whole.Find(path)
		require.NoError(t, err, path)
		root := cmd.NewRootFor(path)
		got, rest, err := root.Find(path)
		require.NoError(t, err, path)
		require.Empty(t, rest, path)
		require.Equal(t, described(want), described(got), path)
	}
}

func TestWordsFindACommandWhereverTheyStand(t *testing.T) {
	for _, args := range [][]string{
		{"q", "bank", "balances", "--help"},
		{"--home", "query", "query", "bank", "balances", "--help"},
		{"query", "--output", "json", "bank", "balances", "--help"},
		{"help", "query", "bank", "balances"},
		{"help", "q", "bank", "balances"},
	} {
		var want, got bytes.Buffer
		for root, out := range map[*cobra.Command]*bytes.Buffer{cmd.NewRoot(): &want, cmd.NewRootFor(args): &got} {
			root.PersistentFlags().String("home", "", "")
			root.PersistentPreRunE = nil
			root.SetArgs(args)
			root.SetOut(out)
			require.NoError(t, root.Execute(), args)
		}
		require.Contains(t, got.String(), "balances [address]", args)
		require.Equal(t, want.String(), got.String(), args)
	}
}

func TestCompletionsAndErrorsAreThoseOfTheWholeTree(t *testing.T) {
	for _, args := range [][]string{
		{"__complete", ""}, {"__complete", "query", ""}, {"__complete", "tx", "s"}, {"__complete", "q", "ssv", ""},
		{"__complete", "tx", "bank", ""}, {"__complete", "query", "bank", "balances", "--"}, {"completion", "bash"},
		{"query", "bnk"}, {"query", "bank", "balance"}, {"tx", "stakingcontrac", "redeem"}, {"tx", "bank", "sendd"}, {"nonsense"},
		{"query"}, {"tx"}, {"query", "bank"}, {"tx", "ssv"},
	} {
		var said [2]string
		for i, root := range []*cobra.Command{cmd.NewRoot(), cmd.NewRootFor(args)} {
			var out bytes.Buffer
			root.PersistentPreRunE = nil
			root.SetArgs(args)
			root.SetOut(&out)
			root.SetErr(&out)
			err := root.Execute()
			said[i] = fmt.Sprintf("%s\n%v", out.String(), err)
		}
		require.Equal(t, said[0], said[1], args)
	}
}

func TestADescriptionKnowsWhatTheAppKnows(t *testing.T) {
	described, err := app.Describe()
	require.NoError(t, err)
	wired := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{})
	types := func(encoding app.Encoding) map[string][]string {
		all := map[string][]string{}
		for _, name := range encoding.Registry.ListAllInterfaces() {
			all[name] = encoding.Registry.ListImplementations(name)
			sort.Strings(all[name])
		}
		return all
	}
	require.NotEmpty(t, types(wired.Encoding()))
	require.Equal(t, types(wired.Encoding()), types(described.Encoding()))
	require.Equal(t, wired.DefaultGenesis(), described.DefaultGenesis())
	require.NoError(t, described.Basics().ValidateGenesis(
		described.Encoding().Codec, described.Encoding().TxConfig, described.DefaultGenesis()))
	require.Len(t, described.AutoCLI().ModuleOptions, len(wired.AutoCLI().ModuleOptions))
}

func TestProtoFilesAreThoseOfTheMergedRegistry(t *testing.T) {
	merged, err := proto.MergedRegistry()
	require.NoError(t, err)
	linked := cmd.NewProtoFiles()
	count := 0
	linked.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		count++
		want, err := merged.FindFileByPath(file.Path())
		require.NoError(t, err)
		require.True(t, protobuf.Equal(protodesc.ToFileDescriptorProto(want), protodesc.ToFileDescriptorProto(file)), file.Path())
		return true
	})
	require.Equal(t, merged.NumFiles(), count)

	service, err := cmd.NewProtoFiles().FindDescriptorByName("stafi.ssv.v1.Query")
	require.NoError(t, err)
	methods := service.(protoreflect.ServiceDescriptor).Methods()
	for i := range methods.Len() {
		fields := methods.Get(i).Output().Fields()
		for j := range fields.Len() {
			if message := fields.Get(j).Message(); message != nil {
				require.False(t, message.IsPlaceholder(), fields.Get(j).FullName())
			}
		}
	}
	_, err = linked.FindDescriptorByName("stafi.ssv.v1.Nothing")
	require.Error(t, err)
	_, err = linked.FindFileByPath("nothing.proto")
	require.Error(t, err)
}
