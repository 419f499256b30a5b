// Finds the assembly that draws figures and loads it into a context of its own.
using System.Reflection;
using System.Runtime.Loader;

namespace Llm360.Notebooks;

/// <summary>
/// Access to the only renderer, <c>plotting/Llm360.Notebooks.Plotting.dll</c> beside this library.
/// </summary>
/// <remarks>
/// Plotly.NET needs its own version of FSharp.Core. A script host loads another version, and two
/// versions in one load context cause a <see cref="MissingMethodException"/>. The renderer
/// therefore has a private context that shares only this library.
/// </remarks>
public static class FigureRendering
{
    private const string AssemblyFile = "Llm360.Notebooks.Plotting.dll";
    private const string RendererType = "Llm360.Notebooks.Plotting.PlotlyFigureRenderer";

    private static readonly Lazy<IFigureRenderer> Loaded = new(() => Load(DefaultFolder));

    /// <summary>The renderer, loaded at first use.</summary>
    /// <exception cref="Llm360Exception">The plotting folder is missing or incomplete.</exception>
    public static IFigureRenderer Renderer => Loaded.Value;

    private static string DefaultFolder
    {
        get
        {
            var location = typeof(FigureRendering).Assembly.Location;
            return Path.Combine(location.Length > 0 ? Path.GetDirectoryName(location)! : AppContext.BaseDirectory, "plotting");
        }
    }

    /// <summary>Loads the renderer from a folder into a new context.</summary>
    internal static IFigureRenderer Load(string folder)
    {
        var path = Path.Combine(folder, AssemblyFile);
        if (!File.Exists(path))
        {
            throw new Llm360Exception(
                "The assembly that draws figures is missing.",
                path,
                "Build the solution, or reference Llm360.Notebooks.dll from a folder that has plotting/ beside it, "
                    + "such as the llm360 tool's.");
        }

        try
        {
            var assembly = new PlottingContext(path).LoadFromAssemblyPath(path);
            return (IFigureRenderer)Activator.CreateInstance(assembly.GetType(RendererType, throwOnError: true)!)!;
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException
            or InvalidCastException or MissingMethodException)
        {
            throw new Llm360Exception(
                $"The assembly that draws figures cannot be loaded: {e.Message}",
                path,
                "Build the solution again: plotting/ and Llm360.Notebooks.dll must come from the same build.",
                e);
        }
    }

    /// <summary>
    /// Resolves assemblies from the plotting folder first, except the contract assembly.
    /// </summary>
    private sealed class PlottingContext(string path) : AssemblyLoadContext("Llm360.Notebooks.Plotting")
    {
        private static readonly Assembly Contract = typeof(IFigureRenderer).Assembly;

        private readonly AssemblyDependencyResolver resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            // Both sides must use the same Figure type, whichever context the host loaded this
            // library into.
            if (assemblyName.Name == Contract.GetName().Name)
                return Contract;
            return resolver.ResolveAssemblyToPath(assemblyName) is { } file ? LoadFromAssemblyPath(file) : null;
        }
    }
}
