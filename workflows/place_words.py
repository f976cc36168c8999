"""Words that stand in the names of many places and alone tell none, in the languages of letters. Folded; pure."""

MANY = """
aeroport airport ancien ancienne area arrondissement avenue baie bank barracks batiment bay beach bois bord border
bourg bridge building camp capital caserne castle cell central centrale centre centro champ chateau checkpoint
chemin church cite city coast colline commissariat commune compound corner cote cour court courthouse cross crossing
departement department detention district downtown east eastern ecole eglise est etage farm ferme ferry field fleuve
floor forest foret frontiere garden gare gate grand grande great hall harbor harbour haut haute hill hopital
hospital hotel house ile immeuble island jail junction lac lake lane left lieu little lower main mairie maison
marche market mer middle mine montagne mosque mosquee mount mountain mountains near new nord north northeast
northern northwest nouveau nouvelle office old opposite ouest outside palais parc park petit petite phare pier place
plage plain plaine plant police pont port poste prefecture pres prison proche province quai quarter quartier quay
refuge region reservation right rive river riviere road roadblock room route rue salle school sea settlement shelter
shop shore site south southeast southern southwest square station street suburb sud temple territoire the tour tower
town tribunal university upper usine vallee valley vieille vieux village ville ward water west western zone
"""
IN_MANY_PLACES = frozenset(MANY.split())
