using System.CommandLine;

namespace Sora.Silo.Commands;

/// <summary>The program's command line.</summary>
internal static class SoraCommand
{
    /// <summary>Runs the program; the result is its exit code.</summary>
    public static Task<int> RunAsync(string[] arguments, TextWriter? output = null, TextWriter? error = null)
    {
        var root = new RootCommand("Sora, a mail store: LMTP in, IMAP out")
        {
            RunCommand.Create(), ConfigCommand.Create(), HealthCommand.Create(), VersionCommand.Create(),
        };
        var invocation = new InvocationConfiguration
        {
            Output = output ?? Console.Out,
            Error = error ?? Console.Error,

            // Otherwise SIGTERM would end the process two seconds later, whatever sessions still do
            ProcessTerminationTimeout = null,
        };
        return root.Parse(arguments).InvokeAsync(invocation);
    }
}
