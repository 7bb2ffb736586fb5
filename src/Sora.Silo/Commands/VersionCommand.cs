using System.CommandLine;
using System.Runtime.InteropServices;

namespace Sora.Silo.Commands;

/// <summary>sora version</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Print the version");
        command.SetAction(static parsed =>
        {
            var commit = ProgramVersion.Commit is { } text ? $" ({text})" : "";
            var orleans = ProgramVersion.HasOrleans ? "with" : "without";
            parsed.InvocationConfiguration.Output.WriteLine(
                $"sora {ProgramVersion.Text}{commit}, {RuntimeInformation.FrameworkDescription}, {orleans} Orleans");
            return 0;
        });
        return command;
    }
}
