using Sora.Bench;

return await CommandLine.RunAsync(args);
