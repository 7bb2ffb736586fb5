using System.CommandLine;
using Sora.Configuration;
using Sora.Silo.Composition;
using Sora.Silo.Configuration;

namespace Sora.Silo.Commands;

/// <summary>sora config check|dump|example</summary>
internal static class ConfigCommand
{
    public static Command Create() => new("config", "Look at the configuration") { Check(), Dump(), Example() };

    private static Command Check()
    {
        var command = new Command("check", "Check the configuration: nothing is started; all faults are shown, each with its file and line")
        {
            ConfigurationArguments.File, ConfigurationArguments.Data, ConfigurationArguments.Set,
        };
        command.SetAction(static parsed =>
        {
            var result = ConfigurationArguments.Read(parsed).Load();
            if (!result.IsValid)
            {
                ConfigurationArguments.Show(result.Errors, parsed.InvocationConfiguration.Error);
                return 1;
            }

            var problems = SiteCheck.Problems(result.Value);
            foreach (var problem in problems)
                parsed.InvocationConfiguration.Error.WriteLine(problem);
            if (problems.Length > 0)
                return 1;
            parsed.InvocationConfiguration.Output.WriteLine("The configuration is good");
            return 0;
        });
        return command;
    }

    private static Command Dump()
    {
        var origins = new Option<bool>("--origins") { Description = "Show where each value comes from" };
        var command = new Command("dump", "Print the configuration in effect as TOML; secrets are masked")
        {
            ConfigurationArguments.File, ConfigurationArguments.Data, ConfigurationArguments.Set, origins,
        };
        command.SetAction(parsed =>
        {
            var result = ConfigurationArguments.Read(parsed).Load();
            if (!result.IsValid)
            {
                ConfigurationArguments.Show(result.Errors, parsed.InvocationConfiguration.Error);
                return 1;
            }

            parsed.InvocationConfiguration.Output.Write(
                parsed.GetValue(origins) ? ConfigurationDump.WriteWithOrigins(result) : ConfigurationDump.Write(result.Value));
            return 0;
        });
        return command;
    }

    private static Command Example()
    {
        var command = new Command("example", "Print a configuration file with every key, its default and its meaning");
        command.SetAction(static parsed =>
        {
            parsed.InvocationConfiguration.Output.Write(ExampleFile.Write());
            return 0;
        });
        return command;
    }
}
