return await Sora.Silo.Commands.SoraCommand.RunAsync(args);
